import Contracts
import Kubernetes
import Logging
import PipelineLanguage
import ServiceLifecycle
import Worker

/// Puts the revision before a failed rollout back, as `kubectl rollout undo` does, and watches until it is there.
///
/// Only where the workload is still as this rollout left it: what others did since is not touched.
struct RolloutUndo: Sendable {
    let client: KubernetesClient
    let request: RolloutRequest
    /// What the rollout made of the workload, where that is known.
    let applied: AppliedTemplate?
    let path: WorkloadPath
    let allowed: Duration
    let patience: RolloutWatch.Patience
    let follower: RolloutFollower
    let log: any StepLog
    let logger: Logger

    private enum Change: Sendable {
        case made(revision: String, WorkloadObject)
        case none(String)
        /// The workload was never changed.
        case needless
    }

    /// How long the undo of a rollout that was stopped is watched: less than the platform waits for the step's end.
    private static let longestStopped = Duration.seconds(45)
    /// How long is asked what a workload has now.
    private static let askingLimit = Duration.seconds(3)

    /// Never throws: the rollout failed already.
    func run() async -> RollbackOutcome {
        await run("failed", within: allowed)
    }

    /// Undoes a rollout that was stopped: one of which nobody knows whether it would have been well. The worker that shuts
    /// down watches no further.
    func runStopped() async -> RollbackOutcome {
        await cancelWhenGracefulShutdown { await run("was stopped", within: min(allowed, Self.longestStopped)) }
    }

    private func run(_ cause: String, within limit: Duration) async -> RollbackOutcome {
        let deadline = ContinuousClock.now.advanced(by: limit)
        // A separate task: a step that is stopped now still has its failure undone, if not watched.
        switch await Task(operation: { await change(cause, until: deadline) }).value {
        case .needless: return .notRolledBack("nothing was changed")
        case .none(let reason):
            let rest = max(.seconds(1), min(Self.askingLimit, deadline - .now))
            return .notRolledBack("not rolled back: \(reason); \(await remains(within: rest))")
        case .made(let revision, let workload):
            await log.line("rolling back to revision \(revision)")
            return await watch(revision, workload, until: deadline)
        }
    }

    /// What the workload has now, in words for people. A separate task: a rollout that was stopped says it too.
    func remains(within limit: Duration = askingLimit) async -> String {
        await Task { await look(within: limit) }.value
    }

    private func look(within limit: Duration) async -> String {
        let what = "\(request.workload) in namespace \(request.namespace)"
        do {
            let found = try await client.get(path.object, within: limit, as: WorkloadObject.self)
            let image = found.container(request.container)?.image
            return image.map { "\(what) has the image \($0) in container \(request.container)" }
                ?? "\(what) has no container \(request.container)"
        } catch {
            return
                "what \(what) has now cannot be read (\(error.message)); this rollout was to give it \(request.image)"
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
            return unfinished("the deployer stops watching it; \(await remains())")
        } catch {
            return unfinished("\(error)")
        }
    }

    // MARK: - The change

    private func change(_ cause: String, until deadline: ContinuousClock.Instant) async -> Change {
        var pause = RetryPause()
        while true {
            let failure: KubernetesError
            do throws(KubernetesError) {
                // An answer that does not come leaves time to look whether the change was made, and to watch it.
                return try await attempt(cause, within: max(.seconds(1), (deadline - .now) / 3))
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

    /// - Parameter limit: How long each request may take.
    private func attempt(_ cause: String, within limit: Duration) async throws(KubernetesError) -> Change {
        let limit = min(limit, KubernetesClient.limit)
        let found = try await client.get(path.object, within: limit, as: WorkloadObject.self)
        // What the cluster made of the request, such as the address of a mirror.
        let image = applied?.image ?? request.image
        let isOurs = found.mark == request.job.rawValue && found.container(request.container)?.image == image
        if !isOurs, found.annotation(RolloutAnnotation.undone) == request.job.rawValue {
            return .made(revision: found.revision, found)
        }
        guard isOurs else {
            if let own = request.sequence, let newer = found.sequence, newer > own, let run = found.run {
                return .none("the newer rollout of \(run) has taken over")
            }
            let isNewest = found.annotation(RolloutAnnotation.rollout) == request.job.rawValue
            if isNewest, found.container(request.container)?.image == image { return .needless }
            return .none(
                isNewest || found.mark == request.job.rawValue
                    ? "the workload was changed by another hand since" : "the workload has no change of this rollout")
        }
        if applied?.replacement(in: found) != nil { return .none("the workload was changed by another hand since") }
        if let problem = RolloutOrigin.problem(in: found) {
            await log.line("\(problem); the workload goes back to the newest revision before this rollout")
        }
        let previous = RolloutRevision.best(
            of: try await RolloutRevision.kept(of: found, path, client).filter { $0.rollout != request.job.rawValue },
            for: found, container: request.container)
        guard let previous else { return .none("there is no earlier revision to go back to") }
        var metadata: [String: JSONValue] = [
            "annotations": [
                RolloutAnnotation.undone: .string(request.job.rawValue), RolloutAnnotation.previous: .null,
                RolloutAnnotation.cause: .string(
                    "rolled back to revision \(previous.name) after \(request.runName) \(cause)"),
            ]
        ]
        if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        var patch = previous.patch
        patch["metadata"] = .object(metadata)
        let changed = try await client.patch(
            path.object, .object(patch), dryRun: false, within: limit, as: WorkloadObject.self)
        return .made(revision: previous.name, changed)
    }
}
