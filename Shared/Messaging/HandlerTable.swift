import AMQP
import Contracts
import FoundationEssentials

/// Handlers by the type they take.
struct HandlerTable: Sendable {
    typealias Run = @Sendable (_ body: [UInt8], _ context: MessageContext) async throws -> Void
    private var entries: [String: (version: Int, run: Run)] = [:]

    init(_ handlers: [any MessageHandler]) {
        for handler in handlers { add(handler) }
    }

    private mutating func add<H: MessageHandler>(_ handler: H) {
        let run: Run = { body, context in
            let message: H.Incoming
            do {
                message = try Wire.decode(H.Incoming.self, from: Data(body))
            } catch {
                throw MessageFailure.permanent("it is not a valid \(H.Incoming.type): \(error)")
            }
            try await handler.handle(message, context)
        }
        entries[H.Incoming.type] = (H.Incoming.version, run)
    }

    /// The handler of this message.
    /// - Throws: ``MessageFailure/newer(_:)`` where a newer version sent it, ``MessageFailure/permanent(_:)`` where nobody takes
    ///   its type here.
    func handler(of message: IncomingMessage) throws(MessageFailure) -> Run {
        guard let type = message.properties.type else {
            throw .permanent("it has no type property; this queue takes \(known)")
        }
        guard let entry = entries[type] else {
            guard MessageMap.isKnown(type) else {
                throw .newer("“\(type)” is not known to this version, whose queue takes \(known): update this service")
            }
            throw .permanent("“\(type)” is not taken here; this queue takes \(known)")
        }
        try message.check(type, known: entry.version)
        return entry.run
    }

    private var known: String { entries.keys.sorted().joined(separator: ", ") }
}

extension MessageContext {
    /// What a delivery says of itself. A message without an id gets one that its redelivery does not share.
    init(_ delivery: Delivery, at login: BrokerLogin) {
        let properties = delivery.message.properties
        var attempt = 1
        if case .integer(let value)? = properties.headers[Header.attempt] { attempt = Int(clamping: value) }
        var traceparent: String?
        if case .string(let value)? = properties.headers[Header.traceparent] { traceparent = value }
        self.init(
            id: properties.messageID.map(MessageID.init(rawValue:)) ?? .make(),
            run: properties.correlationID.map(RunID.init(rawValue:)), traceparent: traceparent, attempt: attempt,
            redelivered: delivery.redelivered, sender: login.sender(of: delivery.message))
    }
}
