import Contracts
import Kubernetes
import Logging
import PipelineLanguage
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

    /// What was seen beside what is shown in the log.
    private struct Findings: Sendable {
        /// What happened last to the workload itself.
        var event: String?
        /// Rights that are missing.
        var missing: [String] = []
    }

    /// Never throws: what cannot be read is missing from the log.
    /// - Parameter workload: As the rollout left it.
    /// - Returns: What belongs to the reason, of what the failure itself does not say.
    func show(_ failure: RolloutWatch.Failure, of workload: WorkloadObject) async -> [String] {
        await log.line("the rollout failed: \(failure.reason)")
        let findings = await withTaskGroup(of: Findings?.self, returning: Findings.self) { group in
            group.addTask { await showAll(failure, workload) }
            group.addTask {
                do {
                    try await Task.sleep(for: Self.limit)
                } catch {
                    // All is shown.
                }
                return nil
            }
            defer { group.cancelAll() }
            return (await group.next() ?? nil) ?? Findings()
        }
        // A pod that is not well says more than what the workload's controller says of others.
        let event = failure.suspects.contains(where: \.isOwn) ? nil : findings.event
        let missing =
            findings.missing.isEmpty
            ? nil
            : "more would be known if the deployer's account could \(findings.missing.joined(separator: " and "))"
        return [event, missing].compactMap { $0 }
    }

    private func showAll(_ failure: RolloutWatch.Failure, _ workload: WorkloadObject) async -> Findings {
        var findings = Findings()
        for suspect in failure.suspects where !suspect.state.isEmpty && !failure.reason.contains(suspect.state) {
            await log.line(suspect.state)
        }
        for suspect in failure.suspects {
            // By uid: a StatefulSet's pod has the name of the one before it, whose events are still there.
            let selector = suspect.uid.map { "involvedObject.uid=\($0)" } ?? "involvedObject.name=\(suspect.pod)"
            for event in await warnings(selector, &findings) {
                await log.line("event of pod \(suspect.pod): \(event.line)")
            }
        }
        if let uid = workload.metadata.uid {
            // What happened before the change is not about it.
            let events = await warnings("involvedObject.uid=\(uid)", &findings).filter { event in
                guard let time = event.time, let changed = workload.changedAt else { return true }
                return time >= changed
            }
            for event in events { await log.line("event of \(path.kind.rawValue)/\(path.name): \(event.line)") }
            findings.event = events.max { ($0.time?.milliseconds ?? 0) < ($1.time?.milliseconds ?? 0) }?.line
        }
        for suspect in failure.suspects where suspect.hasLog {
            if await showLog(suspect, &findings) { break }
        }
        return findings
    }

    private func warnings(_ selector: String, _ findings: inout Findings) async -> [EventObject] {
        do {
            let events = try await client.get(
                path.events, query: [("fieldSelector", selector)], as: ObjectList<EventObject>.self)
            return events.items.filter { $0.type == "Warning" }
        } catch {
            note(error, "list events", &findings)
            return []
        }
    }

    private func note(_ error: KubernetesError, _ right: String, _ findings: inout Findings) {
        logger.debug("a failure cannot be explained in full", metadata: ["error": "\(error)"])
        if error.code == .forbidden, !findings.missing.contains(right) { findings.missing.append(right) }
    }

    /// - Returns: Whether there was something to show.
    private func showLog(_ suspect: RolloutWatch.Failure.Suspect, _ findings: inout Findings) async -> Bool {
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
                note(error, "get pods/log", &findings)
            }
        }
        return false
    }

    /// The kubelet answers with a success and an explanatory line where the file of a log is gone.
    private static func isExcuse(_ text: String) -> Bool {
        text.hasPrefix("failed to try resolving symlinks") || text.hasPrefix("unable to retrieve container logs")
    }
}
