import Testing

@testable import AMQP

struct TopologyTests {
    private let topology = Topology(
        exchanges: [Exchange("events", kind: .topic), Exchange("control", kind: .fanout)],
        queues: [.quorum("work"), .quorum("parked")],
        bindings: [
            Binding(queue: "work", exchange: "events", routingKey: "a.#"),
            Binding(queue: "parked", exchange: "control"),
        ])

    @Test func exchangesAndQueuesComeBeforeTheirBindings() {
        #expect(
            topology.declarations == [
                .exchangeDeclare(topology.exchanges[0]), .exchangeDeclare(topology.exchanges[1]),
                .queueDeclare(topology.queues[0]), .queueDeclare(topology.queues[1]),
                .queueBind(topology.bindings[0]), .queueBind(topology.bindings[1]),
            ])
    }

    @Test func queueIsDeclaredWithWhatItIsBoundTo() {
        #expect(
            topology.declarations(of: "work") == [
                .exchangeDeclare(topology.exchanges[0]), .queueDeclare(topology.queues[0]),
                .queueBind(topology.bindings[0]),
            ])
        #expect(topology.declarations(of: "elsewhere").isEmpty)
    }

    @Test(
        arguments: [
            (403, .accessRefused), (404, .notFound), (405, .resourceLocked), (406, .preconditionFailed),
            (320, .connectionLost), (541, .connectionLost), (504, .protocolViolation),
        ] as [(UInt16, AMQPError.Code)])
    func replyCodesHaveAMeaning(code: UInt16, meaning: AMQPError.Code) {
        var setup = ChannelSetup([.queueDeclare(topology.queues[0])])
        #expect(setup.received(.channelOpenOk) == .send(.queueDeclare(topology.queues[0])))
        guard case .failed(let error) = setup.received(.channelClose(code: code, text: "TEXT")) else {
            Issue.record("a refusal is a failure")
            return
        }
        #expect(error.code == meaning)
        #expect(error.message.contains("'work'"))
        #expect(error.cause == "\(code) TEXT")
    }
}
