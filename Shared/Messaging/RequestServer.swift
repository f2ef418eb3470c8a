import AMQP
public import Contracts
import FoundationEssentials
public import Logging
public import ServiceLifecycle

/// Answers requests from a queue by direct reply-to, several at a time.
public struct RequestServer: Service {
    private let bus: Bus
    private let queue: Queue
    private let loop: DeliveryLoop
    private let handlers: [String: (version: Int, answer: Answer)]
    private let logger: Logger

    private typealias Answer = @Sendable ([UInt8], MessageContext) async throws -> Data

    public init(bus: Bus, queue: Queue, prefetch: Int = 32, handlers: [any RequestHandler], logger: Logger) {
        self.bus = bus
        self.queue = queue
        // Who asked waits for a few seconds only: there is no use in a retry later.
        loop = DeliveryLoop(
            bus: bus, queue: queue, prefetch: prefetch, failure: .requeue(after: .zero), logger: logger)
        var table: [String: (version: Int, answer: Answer)] = [:]
        for handler in handlers { Self.add(handler, to: &table) }
        self.handlers = table
        self.logger = logger
    }

    private static func add<H: RequestHandler>(
        _ handler: H, to table: inout [String: (version: Int, answer: Answer)]
    ) {
        let answer: Answer = { body, context in
            let request: H.Incoming
            do {
                request = try Wire.decode(H.Incoming.self, from: Data(body))
            } catch {
                throw Problem(code: "malformed_request", message: "it is not a valid \(H.Incoming.type): \(error)")
            }
            return try Wire.encode(try await handler.answer(request, context))
        }
        table[H.Incoming.type] = (H.Incoming.version, answer)
    }

    /// Answers until the service ends.
    public func run() async throws {
        try await loop.run { [self] message, context in
            let type = message.properties.type ?? "none"
            // What nobody waits for has no effect: a job would be given to no one. The broker itself puts this address
            // in the place of its asker's; any other one is a queue's that the asker may have no right to.
            guard let address = message.properties.replyTo, address.hasPrefix("amq.rabbitmq.reply-to.") else {
                logger.warning(
                    "a request without the address of who waits for its answer is passed over",
                    metadata: ["type": "\(type)"])
                return
            }
            let reply = await reply(to: message, type, context)
            // The caller may have given up: then nobody is at this address, and that is fine.
            try await bus.broker.publish(
                OutgoingMessage(
                    exchange: "", routingKey: address, body: Array(reply.body),
                    properties: MessageProperties(
                        contentType: "application/json", messageID: MessageID.make().rawValue, type: reply.type,
                        correlationID: message.properties.correlationID, persistent: false),
                    mandatory: false), timeout: .seconds(10))
        }
    }

    private func reply(
        to message: IncomingMessage, _ type: String, _ context: MessageContext
    ) async -> (type: String, body: Data) {
        let problem: Problem
        do {
            if let refusal = bus.login.refusal(of: message, in: queue) {
                throw Problem(code: "sender_refused", message: refusal)
            }
            guard let handler = handlers[type] else {
                throw Problem(code: Problem.unknownRequest, message: "“\(type)” is not answered here")
            }
            guard message.version <= handler.version else {
                throw Problem(
                    code: Problem.newerRequest,
                    message: "version \(message.version) of \(type) is newer than version \(handler.version), which "
                        + "\(bus.service) knows: update \(bus.service)")
            }
            return (Reply.value, try await handler.answer(message.body, context))
        } catch let error as Problem {
            problem = error
        } catch {
            logger.error(
                "request failed", metadata: ["message": "\(context.id)", "type": "\(type)", "error": "\(error)"])
            problem = Problem(code: "internal", message: "the request failed; the log of the service has the cause")
        }
        do {
            return (Reply.problem, try Wire.encode(problem))
        } catch {
            return (Reply.problem, Data(#"{"code":"internal","message":"the request failed"}"#.utf8))
        }
    }
}

extension Problem {
    /// The code of the answer to a request of a type that is not answered.
    static let unknownRequest = "unknown_request"
    /// The code of the answer to a request of a newer version.
    static let newerRequest = "newer_request"

    /// Whether who was asked does not know such a request yet: it is asked again once it is updated.
    public var isOfOlderPeer: Bool { code == Self.unknownRequest || code == Self.newerRequest }
}
