import AMQP
import Contracts
import Logging
import Measures
import Messaging
import Metrics
import ServiceLifecycle

/// Takes parked messages off the broker into the database, where people find them: of any type, for any service. A
/// message is acked once its row is durable.
struct DeadLetterCollector: Service {
    private let letters: DeadLetterOperations
    private let loop: DeliveryLoop
    private let login: BrokerLogin
    private let logger: Logger

    init(bus: Bus, letters: DeadLetterOperations, logger: Logger) {
        self.letters = letters
        self.logger = logger
        login = bus.login
        // There is nowhere else to park what is parked already.
        loop = DeliveryLoop(
            bus: bus, queue: MessageMap.parked, prefetch: 16, order: .serial, failure: .requeue(after: .seconds(1)),
            logger: logger)
    }

    func run() async throws {
        try await letters.sendReadable(as: .otherStage)
        if login.takesUnsigned() { try await letters.passEarlier(as: .otherStage) }
        try await loop.run { [letters, login, logger] message, _ in
            // It is not kept: it would tell of what is long over.
            if message.isUnheard { return Measure.eventsDropped.counter().increment() }
            let takesUnsigned = login.takesUnsigned()
            let letter = Self.letter(message, takesUnsigned: takesUnsigned)
            if Self.isPassed(letter, message, takesUnsigned: takesUnsigned) {
                try await letters.pass(letter, as: .otherStage)
            } else {
                guard let reason = try await letters.park(letter, as: .otherStage) else { return }
                Measure.deadLettersDropped.counter().increment()
                logger.error(
                    "a parked message is not kept",
                    metadata: [
                        "message": "\(letter.id)", "type": "\(letter.type)", "queue": "\(letter.queue)",
                        "name": "\(letter.sender ?? "")", "reason": "\(reason)",
                    ])
            }
        }
    }

    /// Whether it goes on at once: a stage parked what bears no login, since it does not know whether earlier versions may
    /// still send.
    static func isPassed(_ letter: DeadLetter, _ message: IncomingMessage, takesUnsigned: Bool) -> Bool {
        takesUnsigned && message.isSigned && letter.sender == BrokerLogin.unknown && MessageMap.takesWork(letter.queue)
    }

    private static func sender(of message: IncomingMessage, takesUnsigned: Bool) -> String? {
        guard let sender = message.parkedSender else { return takesUnsigned ? nil : BrokerLogin.unknown }
        // A shared login tells nothing.
        let isTold = sender == BrokerLogin.unknown || BrokerUser.service(of: sender) != nil
        return isTold ? sender : nil
    }

    /// - Parameter takesUnsigned: whether earlier versions, whose messages bear no login, may still park some.
    static func letter(_ message: IncomingMessage, takesUnsigned: Bool, now: Timestamp = .now) -> DeadLetter {
        let properties = message.properties
        func text(_ name: String) -> String? {
            guard case .string(let value)? = properties.headers[name] else { return nil }
            return value
        }
        var version = 1
        if case .integer(let value)? = properties.headers[Header.version] { version = Int(clamping: value) }
        return DeadLetter(
            id: properties.messageID.map(MessageID.init(rawValue:)) ?? .make(at: now),
            queue: message.parkedQueue ?? "",
            type: properties.type ?? "", version: version, run: properties.correlationID.map(RunID.init(rawValue:)),
            contentType: properties.contentType ?? "application/json",
            reason: text(Header.parkedReason) ?? "it was delivered too often without being handled",
            body: String(decoding: message.body, as: UTF8.self), parkedAt: now,
            sender: sender(of: message, takesUnsigned: takesUnsigned))
    }
}
