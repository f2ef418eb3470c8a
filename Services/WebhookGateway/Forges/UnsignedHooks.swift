import Contracts
import Runtime

/// Hooks that were refused for not being signed though their token is right: they worked until the platform was told that
/// they have to be signed, and their forge alone sees that they do not any more.
struct UnsignedHooks {
    /// What says that hooks of a repository have to be signed.
    enum Reason: Hashable {
        case setting
        case group(String)
    }

    /// As many repositories of a reason are told apart.
    static let limit = 4096
    private var refused: [Reason: Set<RepositoryPath>] = [:]

    mutating func add(_ repository: RepositoryPath, _ reason: Reason) {
        guard refused[reason]?.count ?? 0 < Self.limit else { return }
        refused[reason, default: []].insert(repository)
    }

    /// Names the reason, how many repositories there are, one of them, and the remedy.
    var remark: String? {
        let parts = refused.map { reason, repositories in
            let count = repositories.count == 1 ? "1 repository" : "\(repositories.count) repositories"
            let example = repositories.min { $0.rawValue < $1.rawValue }.map { "such as \($0)" } ?? ""
            let hooks = "hooks of \(count), \(example), were refused since this start though their token is right: "
            let name = GatewaySettings.secrets.variable
            return switch reason {
            case .setting:
                hooks + "\(GatewaySettings.signed.variable) has them signed; enter the secret as the hook's signing "
                    + "secret, or take them out of it"
            case .group(let group):
                hooks + "\(name) has a signing secret and no token for \(group); enter the secret as the hook's "
                    + "signing secret, or add \(group)=<a token> to \(name) until that is done"
            }
        }
        return parts.isEmpty ? nil : parts.sorted().joined(separator: "; ")
    }
}
