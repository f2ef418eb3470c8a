import Kubernetes
import Logging
import PipelineLanguage
import Worker

/// Brings a ``RolloutWatch`` what the cluster says, and does what it asks for.
struct RolloutFollower: Sendable {
    enum End: Sendable {
        case succeeded(WorkloadObject)
        case failed(RolloutWatch.Failure)
    }

    let client: KubernetesClient
    let path: WorkloadPath
    /// Asks the registry whether what a pod runs is another name of an image.
    let compare: @Sendable (_ image: String, _ running: String) async -> RunningImage.Comparison
    /// Told when the rollout gets stuck, and when it goes on.
    let stuck: @Sendable (String?) -> Void
    let log: any StepLog
    let logger: Logger

    private enum Signal: Sendable {
        case event(RolloutWatch.Event)
        case refused(KubernetesError)
    }

    /// - Parameter begun: The workload as the change left it: what happens after that version is seen.
    /// - Throws: `JobFailure` where the cluster does not let it be watched, or `CancellationError`.
    func follow(_ watch: RolloutWatch, of applied: AppliedTemplate, from begun: WorkloadObject) async throws -> End {
        let (signals, send) = AsyncStream.makeStream(of: Signal.self)
        var watch = watch
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await followWorkload(from: begun.metadata.resourceVersion, send) }
            group.addTask { await followPods(begun, send) }
            var latest = begun
            var timer: ContinuousClock.Instant?
            send.yield(.event(.workload(begun)))
            for await signal in signals {
                let now = ContinuousClock.now
                let event: RolloutWatch.Event
                switch signal {
                case .refused(let error):
                    throw JobFailure("the rollout began but cannot be watched: \(error.message)")
                case .event(let told): event = told
                }
                if case .workload(let workload) = event { latest = workload }
                if let moment = timer, moment <= now { timer = nil }
                for action in watch.handle(event, at: now) {
                    switch action {
                    case .write(let line): await log.line(line)
                    case .stuck(let reason): stuck(reason)
                    case .compare(let running):
                        group.addTask {
                            let comparison = await compare(applied.image ?? "", running)
                            send.yield(.event(.compared(running: running, comparison)))
                        }
                    case .findPods(let revision):
                        group.addTask { [latest] in
                            send.yield(.event(.revision(revision, hash: await hash(of: revision, latest))))
                        }
                    case .remove(let pod, let uid, let reason):
                        group.addTask { await remove(pod, uid, reason) }
                    case .succeeded: return .succeeded(latest)
                    case .failed(let failure): return .failed(failure)
                    }
                }
                let next = watch.nextTick(after: now)
                if timer.map({ next < $0 }) ?? true {
                    timer = next
                    group.addTask {
                        try await Task.sleep(until: next, clock: .continuous)
                        send.yield(.event(.tick))
                    }
                }
            }
            throw CancellationError()
        }
    }

    private func followWorkload(from version: String?, _ send: AsyncStream<Signal>.Continuation) async {
        let watch = ObjectWatch<WorkloadObject>(
            client: client, path: path.collection, query: [("fieldSelector", "metadata.name=\(path.name)")],
            logger: logger, interrupted: { send.yield(.event(.away(.workload, $0.message))) })
        do {
            try await watch.run(from: version) { change in
                switch change {
                case .snapshot(let all):
                    send.yield(.event(all.first.map { .workload($0) } ?? .workloadDeleted))
                case .changed(let workload): send.yield(.event(.workload(workload)))
                case .deleted: send.yield(.event(.workloadDeleted))
                }
            }
        } catch {
            send.yield(.refused(error))
        }
    }

    /// Only the workload's own are looked at, and shown: what is in a pod's log is its owner's.
    private func followPods(_ workload: WorkloadObject, _ send: AsyncStream<Signal>.Continuation) async {
        let uid = workload.metadata.uid
        let selector = workload.spec.selector?.query
        let watch = ObjectWatch<PodObject>(
            client: client, path: path.pods, query: selector.map { [("labelSelector", $0)] } ?? [], logger: logger,
            interrupted: { send.yield(.event(.away(.pods, $0.message))) })
        do {
            try await watch.run { change in
                switch change {
                case .snapshot(let all): send.yield(.event(.pods(all.filter { path.owns($0, uid: uid) })))
                case .changed(let pod): send.yield(.event(path.owns(pod, uid: uid) ? .pod(pod) : .podDeleted(pod)))
                case .deleted(let pod): send.yield(.event(.podDeleted(pod)))
                }
            }
        } catch {
            send.yield(.refused(error))
        }
    }

    /// - Returns: `nil` where this account may not know.
    private func hash(of revision: String, _ workload: WorkloadObject) async -> String? {
        var pause = RetryPause()
        while true {
            do throws(KubernetesError) {
                return try await RolloutRevision.hash(of: revision, workload, path, client)
            } catch {
                guard error.isTransient, !Task.isCancelled else { return nil }
                do {
                    try await Task.sleep(for: pause.pause(after: error))
                } catch {
                    return nil
                }
            }
        }
    }

    /// The controller makes the pod again, of the revision that is wanted now. Its volumes stay.
    private func remove(_ pod: String, _ uid: String?, _ reason: String) async {
        var pause = RetryPause()
        while true {
            do throws(KubernetesError) {
                try await client.delete(path.pod(pod), uid: uid)
                return await log.line(
                    "removed pod \(pod), which is of another revision and was in the way: \(reason)")
            } catch {
                // It is gone already, or another one by now.
                if error.code == .notFound || error.code == .conflict { return }
                if error.isTransient {
                    do {
                        try await Task.sleep(for: pause.pause(after: error))
                    } catch {
                        return
                    }
                    continue
                }
                if Task.isCancelled { return }
                return await log.line(
                    "\(reason); it is of another revision and in the way, and cannot be removed (\(error.message)): "
                        + "kubectl -n \(path.namespace) delete pod \(pod)")
            }
        }
    }
}
