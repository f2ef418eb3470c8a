import Contracts
import Logging
import PipelineLanguage
import Worker

/// Puts the revision before a failed rollout back, as `kubectl rollout undo` does, and watches until it is there.
///
/// Only where the workload is still as this rollout left it: what others did since is not touched.
struct RolloutUndo: Sendable {
    /// What became of it, in words for the end of a reason.
    enum Outcome: Sendable, Equatable, CustomStringConvertible {
        case rolledBack(revision: String)
        case unfinished(revision: String, String)
        case notUndone(String)

        var description: String {
            switch self {
            case .rolledBack(let revision): "rolled back to revision \(revision)"
            case .unfinished(let revision, let reason):
                "the rollback to revision \(revision) has not come to its end: \(reason)"
            case .notUndone(let reason): "not rolled back: \(reason)"
            }
        }
    }

    let client: KubernetesClient
    let wish: RolloutWish
    let path: WorkloadPath
    let allowed: Duration
    let patience: RolloutWatch.Patience
    let follower: RolloutFollower
    let log: any StepLog
    let logger: Logger

    private enum Change: Sendable {
        case made(revision: String, WorkloadObject)
        case none(String)
    }

    /// Never throws: the rollout failed already.
    func run() async -> Outcome {
        let deadline = ContinuousClock.now.advanced(by: allowed)
        // A task of its own: a step that is stopped now still has its failure undone, if not watched.
        let outcome: Outcome
        switch await Task(operation: { await change(until: deadline) }).value {
        case .none(let reason): outcome = .notUndone(reason)
        case .made(let revision, let workload):
            await log.line("rolling back to revision \(revision)")
            outcome = await watch(revision, workload, until: deadline)
        }
        await log.line("\(outcome)")
        return outcome
    }

    /// Watches an undo that a worker before this one began.
    func finish(_ found: WorkloadObject) async -> Outcome {
        await watch(found.revision, found, until: .now.advanced(by: allowed))
    }

    private func watch(
        _ revision: String, _ workload: WorkloadObject, until deadline: ContinuousClock.Instant
    ) async -> Outcome {
        let target = RolloutTarget(workload, container: wish.container)
        var patience = patience
        patience.soak = .zero
        let now = ContinuousClock.now
        let watch = RolloutWatch(
            kind: wish.workload.kind, target: target, startedAt: now, allowed: max(.zero, deadline - now),
            patience: patience, isUndo: true)
        do {
            switch try await follower.follow(watch, of: target, from: workload) {
            case .succeeded: return .rolledBack(revision: revision)
            case .failed(let failure): return .unfinished(revision: revision, failure.reason)
            }
        } catch is CancellationError {
            return .unfinished(revision: revision, "the step was stopped")
        } catch {
            return .unfinished(revision: revision, "\(error)")
        }
    }

    // MARK: - The change

    private func change(until deadline: ContinuousClock.Instant) async -> Change {
        var pause = RetryPause()
        while true {
            let failure: KubernetesError
            do throws(KubernetesError) {
                return try await attempt()
            } catch {
                failure = error
            }
            // After a conflict, and after an answer that was lost, what is there now tells.
            let wait = pause.pause(after: failure)
            let isPassing = failure.isTransient || failure.code == .conflict || failure.code == .credentials
            guard isPassing, .now + wait < deadline else {
                return .none(failure.message)
            }
            do {
                try await Task.sleep(for: wait)
            } catch {
                return .none(failure.message)
            }
        }
    }

    private func attempt() async throws(KubernetesError) -> Change {
        let found = try await client.get(path.object, as: WorkloadObject.self)
        let isOurs = found.mark == wish.job.rawValue && found.container(wish.container)?.image == wish.image
        if !isOurs, found.annotation(RolloutAnnotation.undone) == wish.job.rawValue {
            return .made(revision: found.revision, found)
        }
        guard isOurs else { return .none("the workload was changed by another hand since") }
        let previous = RolloutRevision.best(
            of: try await RolloutRevision.kept(of: found, path, client).filter { $0.rollout != wish.job.rawValue },
            for: found, container: wish.container)
        guard let previous else { return .none("there is no earlier revision to go back to") }
        var metadata: [String: JSONValue] = [
            "annotations": [
                RolloutAnnotation.undone: .string(wish.job.rawValue), RolloutAnnotation.previous: .null,
                RolloutAnnotation.cause: .string(
                    "rolled back to revision \(previous.name) after run \(wish.run) failed"),
            ]
        ]
        if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        var patch = previous.patch
        patch["metadata"] = .object(metadata)
        let changed = try await client.patch(path.object, .object(patch), dryRun: false, as: WorkloadObject.self)
        return .made(revision: previous.name, changed)
    }
}
