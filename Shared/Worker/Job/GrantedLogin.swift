import Contracts

/// A registry login of a job, opened, with what it may be used for.
struct GrantedLogin: Sendable {
    var place: RegistryPlace
    var login: RegistryLogin
    var uses = Set(RegistryUse.allCases)
    /// Whether commands of steps that run as processes may read it.
    var isForCommands = true
}
