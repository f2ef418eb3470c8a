import Contracts
import PipelineLanguage

/// Who may approve rollouts to an environment: globs of accounts, and groups of the sign-in provider behind an `@`.
///
/// Who has chosen their own name, at the provider, is none by a glob, which that name could have been chosen for: by the whole
/// name alone, or as one of a group.
struct Approvers: Sendable, Equatable {
    let entries: [String]

    init(_ entries: [String]) { self.entries = entries }

    /// The role in the repository that approving takes: who is named needs to see no more than the run.
    var role: Role { entries.isEmpty ? .maintainer : .viewer }

    /// - Parameter groups: those that the account is in.
    func may(_ account: String, oneOf groups: [String], hasChosenName: Bool) -> Bool {
        entries.isEmpty || covers(account, hasChosenName: hasChosenName) || group(of: groups) != nil
    }

    func covers(_ account: String, hasChosenName: Bool) -> Bool {
        if hasChosenName { return entries.contains(account) }
        return RolloutPermit.covers(entries.filter { !$0.hasPrefix("@") }, account)
    }

    /// The group as one of which somebody may.
    func group(of groups: [String]) -> String? { groups.first { entries.contains("@\($0)") } }
}
