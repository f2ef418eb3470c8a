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
    let wish: RolloutWish
    /// How long it may take in all.
    let allowed: Duration
    /// Whether a rollout that fails is undone.
    let undoes: Bool
    /// Multiplies how long troubles are waited for; see ``RolloutWatch``.
    var patienceFactor = 1.0
    let log: any StepLog
    let logger: Logger

    var path: WorkloadPath {
        WorkloadPath(namespace: wish.namespace, kind: wish.workload.kind, name: wish.workload.name)
    }

    /// - Throws: ``JobFailure`` with the reason for people, or `CancellationError`; the rollout then goes on in the
    ///   cluster without anyone watching it.
    func run() async throws -> Result {
        let startedAt = ContinuousClock.now
        let begun = try await begin()
        do {
            let final = try await watch(begun.workload, startedAt: startedAt)
            return Result(revision: Self.revision(final), isFirst: begun.isFirst)
        } catch let failure as RolloutFailure {
            await explain(failure.failure)
            if undoes {
                await RolloutUndo(client: client, wish: wish, path: path, log: log, logger: logger).run()
            } else {
                await log.line("the workload is left as it is")
            }
            throw JobFailure(failure.failure.reason)
        }
    }

    // MARK: - Beginning

    /// Changes the workload, unless it was changed already.
    private func begin() async throws -> (workload: WorkloadObject, isFirst: Bool) {
        for _ in 1...5 {
            let found = try await read()
            switch RolloutDecision(wish, on: found) {
            case .refuse(let reason): throw JobFailure(reason)
            case .resume:
                await log.line("\(wish.workload) has been changed by this rollout already; watching it")
                return (found, false)
            case .patch(let patch):
                do {
                    // Asked first without effect: what the cluster does not accept is found before anything changes.
                    _ = try await client.patch(
                        path.object, patch, kind: .strategicMerge, dryRun: true, as: WorkloadObject.self)
                    let changed = try await client.patch(
                        path.object, patch, kind: .strategicMerge, dryRun: false, as: WorkloadObject.self)
                    await log.line(
                        "\(wish.workload) in namespace \(wish.namespace): container \(wish.container) from "
                            + "\(Self.image(of: wish.container, in: found)) to \(wish.image)")
                    return (changed, found.metadata.annotations?[RolloutAnnotation.run] == nil)
                } catch  where error.code == .conflict {
                    // Somebody else changed it since it was read: look again.
                    continue
                } catch {
                    throw JobFailure("the cluster does not accept the change of \(wish.workload): \(error.message)")
                }
            }
        }
        throw JobFailure("\(wish.workload) is changed by others all the time; five tries came in between")
    }

    private func read() async throws -> WorkloadObject {
        do {
            return try await client.get(path.object)
        } catch  where error.code == .notFound {
            throw JobFailure(await explainMissing())
        } catch {
            throw JobFailure("\(wish.workload) cannot be read: \(error.message)")
        }
    }

    /// What there is instead of the workload.
    private func explainMissing() async -> String {
        let missing = "there is no \(wish.workload) in namespace \(wish.namespace)"
        do {
            let list = try await client.get(path.collection, as: ObjectList<NamedObject>.self)
            let names = list.items.map(\.metadata.name)
            if !names.isEmpty { return "\(missing); its \(path.plural) are: \(names.joined(separator: ", "))" }
            let spaces = try await client.get("/api/v1/namespaces", as: ObjectList<NamedObject>.self)
            if spaces.items.contains(where: { $0.metadata.name == wish.namespace }) {
                return "\(missing), which has no \(path.plural) at all; create it first, rollouts only change it"
            }
            let known = spaces.items.map(\.metadata.name).joined(separator: ", ")
            return "\(missing), because there is no such namespace; there are: \(known)"
        } catch {
            logger.debug("what there is cannot be listed", metadata: ["error": "\(error)"])
            return missing
        }
    }

    // MARK: - Watching

    private struct RolloutFailure: Error {
        var failure: RolloutWatch.Failure
    }

    private enum Signal: Sendable {
        case event(RolloutWatch.Event)
        case refused(KubernetesError)
    }

    private func watch(_ begun: WorkloadObject, startedAt: ContinuousClock.Instant) async throws -> WorkloadObject {
        let (signals, send) = AsyncStream.makeStream(of: Signal.self)
        var rollout = RolloutWatch(
            kind: wish.workload.kind, mark: (RolloutAnnotation.rollout, wish.job.rawValue), startedAt: startedAt,
            allowed: allowed, patienceFactor: patienceFactor)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await followWorkload(from: begun.metadata.resourceVersion, send) }
            group.addTask { await followPods(begun.spec.selector?.query, send) }
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
                for action in rollout.handle(event, at: now) {
                    switch action {
                    case .write(let line): await log.line(line)
                    case .succeeded: return latest
                    case .failed(let failure): throw RolloutFailure(failure: failure)
                    }
                }
                let next = rollout.nextTick
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
            client: client, path: path.collection, query: [("fieldSelector", "metadata.name=\(wish.workload.name)")],
            logger: logger)
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

    private func followPods(_ selector: String?, _ send: AsyncStream<Signal>.Continuation) async {
        let watch = ObjectWatch<PodObject>(
            client: client, path: path.pods, query: selector.map { [("labelSelector", $0)] } ?? [], logger: logger)
        do {
            try await watch.run { change in
                switch change {
                case .snapshot(let all): send.yield(.event(.pods(all)))
                case .changed(let pod): send.yield(.event(.pod(pod)))
                case .deleted(let pod): send.yield(.event(.podDeleted(pod)))
                }
            }
        } catch {
            // The workload's own state is enough to go on; only the reasons are missing.
            await log.line("the pods cannot be watched, so what keeps them will not be told: \(error.message)")
        }
    }

    // MARK: - Explaining

    private func explain(_ failure: RolloutWatch.Failure) async {
        await log.line("the rollout failed: \(failure.reason)")
        guard let suspect = failure.suspect else { return }
        do {
            let events = try await client.get(
                path.events, query: [("fieldSelector", "involvedObject.name=\(suspect.pod)")],
                as: ObjectList<EventObject>.self)
            for event in events.items where event.type == "Warning" {
                let times = (event.count ?? 1) > 1 ? " (\(event.count ?? 1) times)" : ""
                await log.line("event of pod \(suspect.pod): \(event.reason ?? ""): \(event.message ?? "")\(times)")
            }
        } catch {
            logger.debug("events cannot be read", metadata: ["error": "\(error)"])
        }
        if suspect.hasLog { await showLog(suspect) }
    }

    private func showLog(_ suspect: RolloutWatch.Failure.Suspect) async {
        var query = [("tailLines", "40")]
        if let container = suspect.container { query.append(("container", container)) }
        // While a container waits to be started again, the log is that of the run that ended; where there is none of it
        // any more, that of the run before.
        for previous in [false, true] {
            do {
                let text = try await client.text(
                    "\(path.pods)/\(PercentEncoding.segment(suspect.pod))/log",
                    query: query + (previous ? [("previous", "true")] : []))
                guard !text.isEmpty, !Self.isExcuse(text) else { continue }
                await log.line("the last it wrote:")
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).suffix(40) {
                    await log.line("  \(line)")
                }
                return
            } catch {
                logger.debug("the pod's log cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The kubelet answers with a success and a line of its own where the file of a log is gone.
    private static func isExcuse(_ text: String) -> Bool {
        text.hasPrefix("failed to try resolving symlinks") || text.hasPrefix("unable to retrieve container logs")
    }

    private static func image(of container: String, in workload: WorkloadObject) -> String {
        let all = workload.spec.template.spec.containers + (workload.spec.template.spec.initContainers ?? [])
        return all.first { $0.name == container }?.image ?? "none"
    }

    private static func revision(_ workload: WorkloadObject) -> String {
        workload.metadata.annotations?["deployment.kubernetes.io/revision"] ?? workload.status?.updateRevision
            ?? "\(workload.metadata.generation ?? 0)"
    }
}
