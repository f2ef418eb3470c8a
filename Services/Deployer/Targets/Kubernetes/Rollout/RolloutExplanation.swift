import Kubernetes
import Logging
import Worker

/// Shows in the log what the cluster knows about pods that failed: their events and the last they wrote.
struct RolloutExplanation: Sendable {
    let client: KubernetesClient
    let path: WorkloadPath
    /// The container that is rolled out.
    let container: String
    let log: any StepLog
    let logger: Logger

    /// A server that answers slowly holds the undo up no longer than this.
    private static let limit = Duration.seconds(20)

    /// Never throws: what cannot be read is missing from the log.
    func show(_ failure: RolloutWatch.Failure) async {
        await log.line("the rollout failed: \(failure.reason)")
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await showAll(failure) }
            group.addTask {
                do {
                    try await Task.sleep(for: Self.limit)
                } catch {
                    // All is shown.
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func showAll(_ failure: RolloutWatch.Failure) async {
        for suspect in failure.suspects { await showEvents(suspect) }
        for suspect in failure.suspects where suspect.hasLog {
            if await showLog(suspect) { return }
        }
    }

    private func showEvents(_ suspect: RolloutWatch.Failure.Suspect) async {
        // By uid: a StatefulSet's pod has the name of the one before it, whose events are still there.
        let selector = suspect.uid.map { "involvedObject.uid=\($0)" } ?? "involvedObject.name=\(suspect.pod)"
        do {
            let events = try await client.get(
                path.events, query: [("fieldSelector", selector)], as: ObjectList<EventObject>.self)
            for event in events.items where event.type == "Warning" {
                let times = (event.count ?? 1) > 1 ? " (\(event.count ?? 1) times)" : ""
                await log.line("event of pod \(suspect.pod): \(event.reason ?? ""): \(event.message ?? "")\(times)")
            }
        } catch {
            logger.debug("events cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// - Returns: Whether there was something to show.
    private func showLog(_ suspect: RolloutWatch.Failure.Suspect) async -> Bool {
        let query = [("tailLines", "40"), ("container", suspect.container ?? container)]
        // While a container waits to be started again, the log is that of the run that ended; where there is none of it
        // any more, that of the run before.
        for previous in [false, true] {
            do {
                let text = try await client.text(
                    "\(path.pod(suspect.pod))/log",
                    query: query + (previous ? [("previous", "true")] : []))
                guard !text.isEmpty, !Self.isExcuse(text) else { continue }
                await log.line("the last pod \(suspect.pod) wrote:")
                for line in text.split(separator: "\n", omittingEmptySubsequences: false).suffix(40) {
                    await log.line("  \(line)")
                }
                return true
            } catch {
                logger.debug("the pod's log cannot be read", metadata: ["error": "\(error)"])
            }
        }
        return false
    }

    /// The kubelet answers with a success and an explanatory line where the file of a log is gone.
    private static func isExcuse(_ text: String) -> Bool {
        text.hasPrefix("failed to try resolving symlinks") || text.hasPrefix("unable to retrieve container logs")
    }
}
