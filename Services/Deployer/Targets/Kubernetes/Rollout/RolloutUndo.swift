import Contracts
import Kubernetes
import Logging
import PipelineLanguage
import Worker

/// Puts the revision before a failed rollout back, as `kubectl rollout undo` does, and watches until it is there.
///
/// Only where the workload is still as this rollout left it: what others did since is not touched.
struct RolloutUndo: Sendable {
    let client: KubernetesClient
    let request: RolloutRequest
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
    func run() async -> RollbackOutcome {
        let deadline = ContinuousClock.now.advanced(by: allowed)
        // A separate task: a step that is stopped now still has its failure undone, if not watched.
        switch await Task(operation: { await change(until: deadline) }).value {
        case .none(let reason): return .notRolledBack("not rolled back: \(reason)")
        case .made(let revision, let workload):
            await log.line("rolling back to revision \(revision)")
            return await watch(revision, workload, until: deadline)
        }
    }

    /// Watches an undo that a worker before this one began.
    func finish(_ found: WorkloadObject) async -> RollbackOutcome {
        await watch(found.revision, found, until: .now.advanced(by: allowed))
    }

    private func watch(
        _ revision: String, _ workload: WorkloadObject, until deadline: ContinuousClock.Instant
    ) async -> RollbackOutcome {
        func unfinished(_ reason: String) -> RollbackOutcome {
            .notRolledBack("the rollback to revision \(revision) has not come to its end: \(reason)")
        }
        let applied = AppliedTemplate(workload, container: request.container)
        var patience = patience
        patience.soak = .zero
        let now = ContinuousClock.now
        let watch = RolloutWatch(
            kind: request.workload.kind, applied: applied, startedAt: now, allowed: max(.zero, deadline - now),
            patience: patience, isUndo: true)
        do {
            switch try await follower.follow(watch, of: applied, from: workload) {
            case .succeeded: return .rolledBack("rolled back to revision \(revision)")
            case .failed(let failure): return unfinished(failure.reason)
            }
        } catch is CancellationError {
            return unfinished("the step was stopped")
        } catch {
            return unfinished("\(error)")
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
        let isOurs = found.mark == request.job.rawValue && found.container(request.container)?.image == request.image
        if !isOurs, found.annotation(RolloutAnnotation.undone) == request.job.rawValue {
            return .made(revision: found.revision, found)
        }
        guard isOurs else { return .none("the workload was changed by another hand since") }
        let previous = RolloutRevision.best(
            of: try await RolloutRevision.kept(of: found, path, client).filter { $0.rollout != request.job.rawValue },
            for: found, container: request.container)
        guard let previous else { return .none("there is no earlier revision to go back to") }
        var metadata: [String: JSONValue] = [
            "annotations": [
                RolloutAnnotation.undone: .string(request.job.rawValue), RolloutAnnotation.previous: .null,
                RolloutAnnotation.cause: .string(
                    "rolled back to revision \(previous.name) after \(request.runName) failed"),
            ]
        ]
        if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        var patch = previous.patch
        patch["metadata"] = .object(metadata)
        let changed = try await client.patch(path.object, .object(patch), dryRun: false, as: WorkloadObject.self)
        return .made(revision: previous.name, changed)
    }
}
