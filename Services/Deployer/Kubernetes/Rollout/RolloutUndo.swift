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
    /// The workload before the rollout changed it; `nil` where a worker before this one did that.
    let earlier: WorkloadObject?
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
        var pause = Duration.milliseconds(250)
        while true {
            let failure: KubernetesError
            do throws(KubernetesError) {
                return try await attempt()
            } catch {
                failure = error
            }
            // After a conflict, and after an answer that was lost, what is there now tells.
            guard failure.isTransient || failure.code == .conflict, .now + pause < deadline else {
                return .none(failure.message)
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return .none(failure.message)
            }
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func attempt() async throws(KubernetesError) -> Change {
        let found = try await client.get(path.object, as: WorkloadObject.self)
        let isOurs = found.mark == wish.job.rawValue && found.container(wish.container)?.image == wish.image
        if !isOurs, found.annotation(RolloutAnnotation.undone) == wish.job.rawValue {
            return .made(revision: found.revision, found)
        }
        guard isOurs else { return .none("the workload was changed by another hand since") }
        let previous: RolloutRevision?
        switch wish.workload.kind {
        case .deployment: previous = try await RolloutRevision.ofDeployment(found, path, client, besides: wish.job)
        case .statefulset, .daemonset:
            previous = try await RolloutRevision.ofController(found, path, client, besides: wish.job)
        }
        // A cluster need not keep revisions.
        guard let previous = previous ?? earlier.flatMap({ RolloutRevision(of: $0, container: wish.container) }) else {
            return .none("there is no earlier revision to go back to")
        }
        let cause = "rolled back to revision \(previous.number) after run \(wish.run) failed"
        let changed: WorkloadObject
        switch previous.content {
        case .template(let template):
            changed = try await client.patch(
                path.object, Self.operations(template, wish.job, cause, found), kind: .json, dryRun: false)
        case .patch(let patch):
            changed = try await client.patch(
                path.object, Self.merge(patch, wish.job, cause, found), kind: .strategicMerge, dryRun: false)
        }
        return .made(revision: "\(previous.number)", changed)
    }

    private static func operations(
        _ template: JSONValue, _ job: JobID, _ cause: String, _ found: WorkloadObject
    ) -> JSONValue {
        var operations: [JSONValue] = [
            ["op": "replace", "path": "/spec/template", "value": template],
            annotate(RolloutAnnotation.undone, job.rawValue), annotate(RolloutAnnotation.cause, cause),
        ]
        if let version = found.metadata.resourceVersion {
            operations.insert(
                ["op": "test", "path": "/metadata/resourceVersion", "value": .string(version)], at: 0)
        }
        return .array(operations)
    }

    private static func annotate(_ key: String, _ value: String) -> JSONValue {
        // JSON pointers write a slash as ~1.
        let pointer = key.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        return ["op": "add", "path": .string("/metadata/annotations/\(pointer)"), "value": .string(value)]
    }

    private static func merge(
        _ patch: [String: JSONValue], _ job: JobID, _ cause: String, _ found: WorkloadObject
    ) -> JSONValue {
        var metadata: [String: JSONValue] = [
            "annotations": .object([
                RolloutAnnotation.undone: .string(job.rawValue), RolloutAnnotation.cause: .string(cause),
            ])
        ]
        if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        var patch = patch
        patch["metadata"] = .object(metadata)
        return .object(patch)
    }
}
