import Contracts
import Logging
import PipelineLanguage
import Worker

/// Rolls an image out to a workload of a cluster and watches it to its end.
struct KubernetesRollout: Sendable {
    /// What a rollout that came to its good end leaves.
    struct Result: Sendable, Equatable {
        /// The revision the cluster counts, such as `7` or `web-6d4cf56db6`.
        var revision: String
        /// Whether Slipway rolled out to it for the first time.
        var isFirst: Bool
    }

    let client: KubernetesClient
    var wish: RolloutWish
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
    let log: any StepLog
    let logger: Logger

    var path: WorkloadPath {
        WorkloadPath(namespace: wish.namespace, kind: wish.workload.kind, name: wish.workload.name)
    }

    private var follower: RolloutFollower {
        RolloutFollower(client: client, path: path, compare: compare, stuck: stuck, log: log, logger: logger)
    }

    private var undo: RolloutUndo {
        RolloutUndo(
            client: client, wish: wish, path: path, allowed: allowedUndo, patience: patience, follower: follower,
            log: log, logger: logger)
    }

    /// - Throws: ``JobFailure`` with the reason for people, or `CancellationError`; the rollout then goes on in the
    ///   cluster without anyone watching it.
    func run() async throws -> Result {
        let startedAt = ContinuousClock.now
        let begun = try await RolloutStart(
            client: client, wish: wish, path: path, undoes: undoes, deadline: startedAt.advanced(by: allowed), log: log,
            logger: logger
        ).run()
        let workload: WorkloadObject
        let isFirst: Bool
        switch begun {
        case .changed(let changed, let first): (workload, isFirst) = (changed, first)
        case .resumed(let found): (workload, isFirst) = (found, false)
        case .undone(let found):
            throw JobFailure(
                "an earlier attempt of this rollout failed and was undone (\(await undo.finish(found))); see its log"
            )
        }
        let target = RolloutTarget(workload, container: wish.container)
        let watch = RolloutWatch(
            kind: wish.workload.kind, target: target, startedAt: startedAt, allowed: allowed, patience: patience)
        switch try await follower.follow(watch, of: target, from: workload) {
        case .succeeded(let final): return Result(revision: final.revision, isFirst: isFirst)
        case .failed(let failure): throw JobFailure("\(failure.reason); \(await clean(up: failure, target))")
        }
    }

    /// - Returns: What became of the workload, for the end of the reason.
    private func clean(up failure: RolloutWatch.Failure, _ target: RolloutTarget) async -> String {
        stuck(failure.reason)
        let explanation = RolloutExplanation(
            client: client, path: path, container: wish.container, log: log, logger: logger)
        await explanation.show(failure)
        let outcome: String
        if failure.isReplaced {
            outcome = "the workload is left to whoever changed it"
        } else if !undoes {
            outcome = "the workload is left as it is"
        } else if target.mark != wish.job.rawValue {
            outcome = "it changed nothing, so there is nothing to roll back"
        } else {
            return await undo.run().description
        }
        await log.line(outcome)
        return outcome
    }
}
