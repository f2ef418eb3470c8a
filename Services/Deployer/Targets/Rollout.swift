import Worker

/// One rollout that a ``RolloutTarget`` has accepted.
///
/// ## Order of calls
///
/// ``rollOut()`` once; where it says that what it began has failed, ``rollBack(_:)`` once with what it handed on; after
/// a rollback ``running()`` says what serves now. ``run(rolledBack:)`` is the one that calls them.
///
/// ## Taking over
///
/// A worker may be killed (`kill -9`) between any two requests. The job is granted again then, with the same job id and
/// sequence, to this deployer or another one, while the first may still be at work. So ``rollOut()`` begins by looking
/// at what is there, and all it needs to know is kept in the target:
///
/// | killed | what the next attempt finds and does |
/// |---|---|
/// | before the change | the sequence of an earlier rollout, or its own without a change: it begins |
/// | after the change, before its end | its own mark on what was changed: it changes nothing and goes on to watch |
/// | after its end, before the report | the same; it is well at once, and nothing is restarted |
/// | during the rollback | its own mark: it carries the rollback to its end and fails |
/// | after the rollback | its own mark of having failed: it fails. A target that keeps none tries once more |
/// | at any point, and a newer rollout came | the newer sequence: it is refused and touches nothing |
///
/// ## Cancelling
///
/// A cancelled task means stop. Where nothing was changed, ``rollOut()`` throws `CancellationError`. Else it ends with
/// ``RolloutEnd/interrupted(_:)``, and ``rollBack(_:)`` does its work in spite of the cancelled task. `StepRun.stopped` says
/// who goes on: nothing is taken back that the next attempt of the job or a newer rollout takes over.
protocol Rollout: Sendable {
    /// What is needed to roll back what ``rollOut()`` began.
    associatedtype Begun: Sendable

    /// What is rolled out to, for people and events, such as `shop/deployment/web` or `docker/web`.
    var subject: String { get }

    /// What only one rollout of this worker may change at a time; `nil` where the target itself keeps two apart. One that
    /// lost its lease may still roll back when its next attempt begins.
    var turn: String? { get }

    var log: any StepLog { get }

    /// Rolls out and watches until the new image serves and has shown that it stays well.
    /// - Throws: `JobFailure` or `CancellationError` where there is nothing to roll back: nothing was changed, or what
    ///   was goes on by itself.
    func rollOut() async throws -> RolloutEnd<Begun>

    /// Brings back what ran before, as far as it is still this rollout's to change: what another hand or a newer rollout
    /// did since is not touched.
    ///
    /// Rolled back means that what ran before serves again, and not that it was asked to. It ends within the time that
    /// the step keeps for it, also in a cancelled task.
    func rollBack(_ begun: Begun) async -> RollbackOutcome

    /// What runs now, whoever rolled it out.
    /// - Returns: `nil` where nothing does.
    func running() async throws -> RunningService?
}

/// How a rollout ended that changed something.
enum RolloutEnd<Begun: Sendable>: Sendable {
    case succeeded(RolloutResult)
    /// For the reason, in words for people; a rollback follows.
    case failed(String, Begun)
    /// It was stopped where it cannot be left; a rollback follows.
    case interrupted(Begun)
}

/// A rollout was stopped, and this became of it.
struct RolloutStopped: Error, Sendable, CustomStringConvertible {
    var outcome: RollbackOutcome
    var description: String { "stopped; \(outcome)" }
}

/// What a rollout that came to its good end leaves.
struct RolloutResult: Sendable, Equatable {
    /// By its digest.
    var image: String
    /// As the target counts it, such as `7`, `web-6d4cf56db6`, or the beginning of a container's id.
    var revision: String
    /// Whether nothing of it was rolled out before.
    var isFirst = false
    /// Whether it ran just so before, and nothing was restarted.
    var isUnchanged = false
}

/// What a target runs.
struct RunningService: Sendable, Equatable {
    var image: String
    var revision: String
}

/// What became of a rollout that did not come to its good end, in words for the end of a reason.
enum RollbackOutcome: Sendable, Equatable, CustomStringConvertible {
    /// What ran before serves again.
    case rolledBack(String)
    /// It does not, or there is nothing to bring back.
    case notRolledBack(String)
    /// The rollout was all but done, and was carried to its good end.
    case finished(RolloutResult)

    var description: String {
        switch self {
        case .rolledBack(let words), .notRolledBack(let words): words
        case .finished(let result): "rolled out all the same: revision \(result.revision)"
        }
    }
}

extension Rollout {
    var turn: String? { nil }

    /// Rolls out, and rolls back what fails.
    /// - Parameter rolledBack: Called with what runs again after a rollback.
    /// - Throws: `JobFailure` with the reason and what became of the service, or ``RolloutStopped``.
    func run(rolledBack: (RunningService) -> Void = { _ in }) async throws -> RolloutResult {
        let reason: String?
        let begun: Begun
        let end: RolloutEnd<Begun>
        do {
            end = try await rollOut()
        } catch is CancellationError {
            throw RolloutStopped(outcome: .notRolledBack("nothing was changed"))
        }
        switch end {
        case .succeeded(let result): return result
        case .failed(let words, let what): (reason, begun) = (words, what)
        case .interrupted(let what): (reason, begun) = (nil, what)
        }
        let outcome = await rollBack(begun)
        if case .finished(let result) = outcome { return result }
        await log.line("\(outcome)")
        if case .rolledBack = outcome {
            // A separate task: what runs now is reported for a step that was stopped too.
            do {
                if let now = try await Task(operation: { try await running() }).value { rolledBack(now) }
            } catch {
                await log.line("what runs now is not known: \(error)")
            }
        }
        guard let reason else { throw RolloutStopped(outcome: outcome) }
        throw JobFailure("\(reason); \(outcome)")
    }
}
