import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Forgets message ids that are too old to come again, turns at workers that are long gone, sessions and links that are over,
/// and what is too old of the audit log, once an hour.
///
/// What is old, ``ClockStore`` says and not the clock alone: it goes on by four hours for each hour that the service is up,
/// so that time is made up for in which it was not.
struct InboxPruner: Service {
    let store: PipelineStore
    let auditLife: Duration
    /// As long as message ids are kept.
    private static let hookLife = Duration.seconds(14 * 86_400)
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var step = Duration.zero
            while !Task.isCancelled {
                do {
                    try await prune(step: step)
                } catch {
                    logger.warning("what is old cannot be pruned", metadata: ["error": "\(error)"])
                }
                do {
                    try await Task.sleep(for: .seconds(3600))
                } catch {
                    return
                }
                step = .seconds(4 * 3600)
            }
        }
    }

    /// - Parameter step: how far time may have gone on since this was done before.
    func prune(step: Duration, now: Timestamp = .now) async throws {
        let moment = try await store.write { transaction in
            try transaction.clock.advance(by: step, now: now)
            return try transaction.clock.reached(now: now)
        }
        // In small pieces, so that nobody waits for the writer.
        while try await store.write({ try $0.pruneInbox(now: moment) }) > 0 {}
        try await store.write { transaction in
            try transaction.turns.prune()
            try transaction.sessions.prune(before: moment)
            try transaction.people.pruneLinks(before: moment)
            try transaction.heads.prune(before: moment.adding(.zero - Self.hookLife))
        }
        while try await store.write({ try $0.audits.prune(before: moment.adding(.zero - auditLife)) }) > 0 {}
    }
}
