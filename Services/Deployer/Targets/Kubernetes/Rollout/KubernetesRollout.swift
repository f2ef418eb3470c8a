import Contracts
import Kubernetes
import Logging
import PipelineLanguage
import Worker

/// Rolls an image out to a workload of a cluster and watches it to its end.
struct KubernetesRollout: Rollout {
    /// What a rollback begins with.
    enum Begun: Sendable {
        /// It failed, and this is what it applied.
        case failed(RolloutWatch.Failure, AppliedTemplate)
        /// A worker before this one began its rollback.
        case undone(WorkloadObject)
        /// It was stopped when it had changed the workload, or may have; what it applied, where that is known.
        case stopped(AppliedTemplate?)
    }

    let client: KubernetesClient
    var request: RolloutRequest
    /// How long it may take in all, without the undo of one that fails.
    let allowed: Duration
    /// How long its undo may take.
    var allowedUndo = Duration.seconds(120)
    /// Whether a rollout that fails is undone.
    let undoes: Bool
    var patience = RolloutWatch.Patience()
    /// Asks the registry whether what a pod runs is another name of an image.
    var compare: @Sendable (_ image: String, _ running: String) async -> RunningImage.Comparison = { _, _ in
        .unavailable("no registry is known")
    }
    /// Told when the rollout gets stuck, and when it goes on: a newer one need not wait for the end of that.
    var stuck: @Sendable (String?) -> Void = { _ in }
    /// Why it is being stopped and who goes on with it.
    var stopped: @Sendable () -> JobStop? = { nil }
    let log: any StepLog
    let logger: Logger

    var path: WorkloadPath {
        WorkloadPath(namespace: request.namespace, kind: request.workload.kind, name: request.workload.name)
    }

    private var follower: RolloutFollower {
        RolloutFollower(client: client, path: path, compare: compare, stuck: stuck, log: log, logger: logger)
    }

    private func undo(_ applied: AppliedTemplate? = nil) -> RolloutUndo {
        RolloutUndo(
            client: client, request: request, applied: applied, path: path, allowed: allowedUndo, patience: patience,
            follower: follower,
            log: log, logger: logger)
    }

    var subject: String { "\(request.namespace)/\(request.workload)" }

    func rollOut() async throws -> RolloutEnd<Begun> {
        var mayHaveBegun = request.mayHaveBegun
        var applied: AppliedTemplate?
        do {
            return try await rollOut(&mayHaveBegun, &applied)
        } catch {
            guard Task.isCancelled else { throw error }
            guard mayHaveBegun else { throw CancellationError() }
            return .interrupted(.stopped(applied))
        }
    }

    private func rollOut(
        _ mayHaveBegun: inout Bool, _ known: inout AppliedTemplate?
    ) async throws -> RolloutEnd<Begun> {
        let startedAt = ContinuousClock.now
        let begun = try await RolloutStart(
            client: client, request: request, path: path, undoes: undoes, deadline: startedAt.advanced(by: allowed),
            log: log, logger: logger
        ).run(&mayHaveBegun)
        let workload: WorkloadObject
        var result = RolloutResult(image: request.image, revision: "")
        switch begun {
        case .changed(let changed, let isFirst): (workload, result.isFirst) = (changed, isFirst)
        case .resumed(let found): workload = found
        case .undone(let found):
            return .failed(
                "an earlier attempt of this rollout failed, as its log says, and was undone", .undone(found))
        }
        let applied = AppliedTemplate(workload, container: request.container)
        known = applied
        result.isUnchanged = applied.mark != request.job.rawValue
        let watch = RolloutWatch(
            kind: request.workload.kind, applied: applied, startedAt: startedAt, allowed: allowed, patience: patience,
            isUnchanged: result.isUnchanged)
        switch try await follower.follow(watch, of: applied, from: workload) {
        case .succeeded(let final):
            result.revision = final.revision
            return .succeeded(result)
        case .failed(let failure):
            stuck(failure.reason)
            let explanation = RolloutExplanation(
                client: client, path: path, container: request.container, log: log, logger: logger)
            let more = await explanation.show(failure, of: workload)
            return .failed(([failure.reason] + more).joined(separator: "; "), .failed(failure, applied))
        }
    }

    func rollBack(_ begun: Begun) async -> RollbackOutcome {
        switch begun {
        case .undone(let found): await undo().finish(found)
        case .failed(let failure, _) where failure.isReplaced:
            .notRolledBack("the workload is left to whoever changed it")
        case .failed where !undoes: .notRolledBack("the workload is left as it is: \(await undo().remains())")
        case .failed(_, let applied) where applied.mark != request.job.rawValue:
            .notRolledBack("it changed nothing, so there is nothing to roll back")
        case .failed(_, let applied): await undo(applied).run()
        case .stopped(let applied): await end(stopped()?.successor ?? .attempt, applied)
        }
    }

    /// What becomes of a rollout that was stopped. A separate task: this one is cancelled.
    private func end(_ successor: JobStop.Successor, _ applied: AppliedTemplate?) async -> RollbackOutcome {
        await Task {
            let undo = undo(applied)
            return switch successor {
            case .nobody where undoes: await undo.runStopped()
            case .nobody: .notRolledBack("the workload is left as it is: \(await undo.remains())")
            case .attempt: .notRolledBack("the next attempt of the job goes on with it: \(await undo.remains())")
            case .rollout(let run): .notRolledBack("it is left to \(run): \(await undo.remains())")
            }
        }.value
    }

    func running() async throws -> RunningService? {
        let workload = try await client.get(path.object, as: WorkloadObject.self)
        return workload.container(request.container)?.image.map {
            RunningService(image: $0, revision: workload.revision)
        }
    }
}
