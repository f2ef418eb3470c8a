import Contracts
import PipelineLanguage

/// Who may approve rollouts to an environment: globs of accounts, and groups of the sign-in provider behind an `@`.
struct Approvers: Sendable, Equatable {
    let entries: [String]

    init(_ entries: [String]) { self.entries = entries }

    /// - Parameter groups: those that the account is in.
    func may(_ account: String, oneOf groups: [String]) -> Bool {
        entries.isEmpty || covers(account) || group(of: groups) != nil
    }

    func covers(_ account: String) -> Bool { RolloutPermit.covers(entries.filter { !$0.hasPrefix("@") }, account) }

    /// The group as one of which somebody may.
    func group(of groups: [String]) -> String? { groups.first { entries.contains("@\($0)") } }
}
