import AMQP
import Contracts
import Logging
import Messaging
import Runtime
import ServiceLifecycle

/// Keeps a broker one platform's: of two with databases of their own each would take some of what is meant for the other.
///
/// Before it takes any message it asks who is there, and stops where somebody answers who has another database; and it asks
/// again from time to time, for two may have begun at once: then the one stops that began later.
struct PlatformGuard: Service {
    /// What takes and sends messages.
    let services: [any Service]
    /// The id of this one's database.
    let platform: String
    let start: PlatformStart
    let ask: @Sendable (PlatformInquiry, _ timeout: Duration) async throws -> PlatformInquiryReply
    let logger: Logger

    /// How long an answer may take before nobody is there.
    static let patience = Duration.seconds(1)
    /// How often it is asked again: with two there, each has half of the questions.
    static let interval = Duration.seconds(60)

    func run() async throws {
        do {
            guard try await cancelWhenGracefulShutdown({ try await isAlone() }) else { return }
        } catch is CancellationError {
            return
        }
        start.begin()
        /// Of whether the services are over.
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                var quiet = logger
                quiet.logLevel = max(logger.logLevel, .notice)
                try await ServiceGroup(services: services, logger: quiet).run()
                return true
            }
            group.addTask {
                try await cancelWhenGracefulShutdown {
                    while true {
                        do { try await Task.sleep(for: Self.interval) } catch { return false }
                        do {
                            _ = try await answer()
                        } catch is CancellationError {
                            return false
                        }
                    }
                }
            }
            defer { group.cancelAll() }
            while try await group.next() == false {}
        }
    }

    /// Asks until it is known; a broker that is away says nothing.
    private func isAlone() async throws -> Bool {
        while !(try await answer()) { try await Task.sleep(for: .milliseconds(500)) }
        return true
    }

    /// - Returns: whether the broker was there to be asked.
    /// - Throws: `SettingsError` where another platform answers.
    private func answer() async throws -> Bool {
        let reply: PlatformInquiryReply
        do {
            reply = try await ask(PlatformInquiry(platform: platform), Self.patience)
        } catch let error as AMQPError where [.timedOut, .unroutable].contains(error.code) {
            return true
        } catch is Problem {
            // One of an earlier version, which knows no such question; or it is this one's own.
            return true
        } catch {
            try Task.checkCancellation()
            logger.debug("it cannot be asked who is on the broker", metadata: ["error": "\(error)"])
            return false
        }
        guard reply.platform != platform else { return true }
        guard reply.uptime >= Int64(start.uptime / .milliseconds(1)) else {
            logger.error(
                "another platform with a database of its own has come to this broker, and takes messages: stop it",
                metadata: ["address": "\(reply.publicURL)"])
            return true
        }
        throw SettingsError(
            setting: CommonSettings.brokerURL.variable,
            message: "another platform is on this broker, with a database of its own: \(reply.publicURL) "
                + "(\(reply.platform)); this one is \(platform)",
            remedy: "give each a broker or a virtual host of its own, or both the same database")
    }
}
