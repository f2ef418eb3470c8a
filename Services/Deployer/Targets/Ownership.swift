import Contracts
import Text

/// Whose a workload or a container is: the repository whose rollout marked it, until somebody gives it to another one.
struct Ownership: Sendable, Equatable {
    /// The repository that rolls out.
    var owner: String
    var environment: String
    var takes: RolloutPermit.Taking

    /// Why a rollout may not take what is there; `nil` where it may.
    /// - Parameters:
    ///   - what: What is there, for people.
    ///   - mark: The repository it is marked as belonging to.
    ///   - isForeign: Whether something else than Slipway made it, so that no rollout may take it by itself.
    ///   - options: What names it for `slipway environment adopt`.
    func refusal(of what: String, mark: String?, isForeign: Bool = false, options: String) -> String? {
        guard mark != owner, takes != .any else { return nil }
        let command =
            "slipway environment adopt \(ShellWord.quote(environment)) \(options) --repo=\(ShellWord.quote(owner))"
        // Which one is not told: who reads it may not see it.
        if mark != nil {
            return "\(what) belongs to another repository, whose rollout marked it; to give it to \(owner): \(command)"
        }
        guard isForeign || takes == .own else { return nil }
        let why =
            isForeign
            ? "Slipway did not make it" : "it bears no owner's mark, and more than one repository may roll out to it"
        return "\(what) is not taken: \(why); to give it to \(owner): \(command)"
    }
}
