import Contracts
import Logging

/// Tells the platform that the worker is there and what it takes: at the start, when something changes, every 30 s.
struct WorkerAnnouncer {
    let platform: any JobPlatform
    /// The lives before this one of which nothing goes on.
    let ended: [String]
    let configuration: JobLoopConfiguration
    /// The ids of the keys that it has.
    var keys: [String]?
    /// Why the worker is not ready, now.
    let problem: @Sendable () async -> String?
    /// Whether the platform knows the message.
    var isUnderstood: @Sendable () -> Bool = { true }
    let logger: Logger
    /// How often it is looked at whether something has changed.
    var look = Duration.seconds(5)
    var interval = WorkerAnnounced.interval

    /// Until the task is cancelled.
    func run() async {
        var told: (problem: String?, at: ContinuousClock.Instant)?
        while !Task.isCancelled {
            let problem = await problem()
            if told.map({ $0.problem != problem || .now - $0.at >= interval }) ?? true {
                if await announce(problem) { told = (problem, .now) }
            }
            do {
                try await Task.sleep(for: min(look, interval))
            } catch {
                // Cancelled: the worker ends.
            }
        }
    }

    /// Says that the worker ends. In a task of its own: the loop does not wait for it when it is cancelled.
    func leave() async {
        _ = await Task { await announce(nil, isLeaving: true) }.value
    }

    private func announce(_ problem: String?, isLeaving: Bool = false) async -> Bool {
        guard isUnderstood() else { return false }
        let message = WorkerAnnounced(
            name: configuration.worker, life: configuration.life.id, scope: configuration.scope,
            slots: configuration.slots,
            version: configuration.version, problem: problem, isLeaving: isLeaving, keys: keys,
            ended: ended)
        do {
            try await platform.announce(message, timeout: isLeaving ? .seconds(2) : interval / 3)
            return true
        } catch {
            logger.debug("announcement not confirmed", metadata: ["error": "\(error)"])
            return false
        }
    }
}
