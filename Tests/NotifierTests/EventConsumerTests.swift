import Contracts
import Messaging
import Testing

@testable import Notifier

@Suite("Events that are taken")
struct EventConsumerTests {
    private static func event(_ type: String) throws -> CloudEvent {
        let event = CloudEvent.buildStarted(
            "build", origin: EventOrigin(service: "builder", chain: "1", id: MessageID(rawValue: "1")))
        let text = String(decoding: try Wire.encode(event), as: UTF8.self)
        return try Wire.decode(CloudEvent.self, from: .init(text.replacing(event.type, with: type).utf8))
    }

    @Test("one of a type that this version does not know is passed over")
    func later() throws {
        #expect(
            try EventConsumer.isKnown(
                Self.event("dev.cdevents.build.started.9.0.0"), sentAs: "dev.cdevents.build.started.9.0.0"))
        #expect(
            try !EventConsumer.isKnown(
                Self.event("dev.cdevents.ticket.created.0.2.0"), sentAs: "dev.cdevents.ticket.created.0.2.0"))
    }

    /// Whoever may send one type could send any by writing it into the event alone.
    @Test(
        "one of another type than its message's is refused",
        arguments: ["dev.cdevents.taskrun.finished.0.3.0", "x", nil])
    func disguised(type: String?) throws {
        let finished = try Self.event("dev.cdevents.pipelinerun.finished.0.3.0")
        let failure = #expect(throws: MessageFailure.self) { _ = try EventConsumer.isKnown(finished, sentAs: type) }
        guard case .permanent? = failure else {
            Issue.record("it comes again")
            return
        }
    }
}
