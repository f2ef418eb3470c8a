import Testing

@testable import AMQP

struct ConsumerMachineTests {
    private static let consume = ClientMethod.consume(queue: "q", tag: ConsumerMachine.tag, automaticAck: false)
    private static let setup = ChannelSetup([.prefetch(5), consume])

    enum Event {
        case connect
        case says(ServerMethod)
        case leave
        case settled(Int)
        case lost
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let steps: [(Event, [ConsumerMachine.Action])]
    }

    private static let retry = ConsumerMachine.Action.retry(after: .seconds(1))
    private static let starting: [(Event, [ConsumerMachine.Action])] = [
        (.connect, [.send(.channelOpen)]),
        (.says(.channelOpenOk), [.send(.prefetch(5))]),
        (.says(.prefetchOk), [.send(consume)]),
        (.says(.consumeOk), [.started]),
    ]
    private static let missing = ServerMethod.channelClose(code: 404, text: "NOT_FOUND")

    static let cases = [
        Case(
            testDescription: "left, with a delivery to settle",
            steps: starting + [
                (.leave, [.send(.cancel(tag: ConsumerMachine.tag))]),
                (.settled(0), []),
                (.says(.cancelOk), []),
                (.settled(1), []),
                (.settled(0), [.send(.channelClose)]),
                (.says(.channelCloseOk), [.released, .ended]),
            ]),
        Case(
            testDescription:
                "cancelled by the broker, made again, retried with a longer wait when the queue is missing",
            steps: starting + [
                (.says(.cancel), [.send(.channelClose)]),
                (.says(.channelCloseOk), [.released, retry]),
                (.connect, [.send(.channelOpen)]),
                (.says(missing), [.send(.channelCloseOk), .released, .retry(after: .seconds(2))]),
            ] + starting),
        Case(
            testDescription: "channel closed by the broker",
            steps: starting + [
                (.says(.channelClose(code: 406, text: "")), [.send(.channelCloseOk), .released, retry])
            ] + starting),
        Case(
            testDescription: "a queue that is missing at the first try is an error",
            steps: [
                (.connect, [.send(.channelOpen)]),
                (.says(.channelOpenOk), [.send(.prefetch(5))]),
                (.says(.prefetchOk), [.send(consume)]),
                (
                    .says(missing),
                    [
                        .send(.channelCloseOk), .released,
                        .failed(AMQPError(refusal: 404, "NOT_FOUND", subject: "a consumer of the queue 'q'")),
                    ]
                ),
                (.leave, []),
            ]),
        Case(
            testDescription: "an inner error at the first try is tried again",
            steps: [
                (.connect, [.send(.channelOpen)]),
                (.says(.channelClose(code: 541, text: "")), [.send(.channelCloseOk), .released, retry]),
            ]),
        Case(
            testDescription: "connection lost and made again",
            steps: starting + [(.lost, [.released])] + starting),
        Case(
            testDescription: "connection lost while it is left",
            steps: starting + [
                (.leave, [.send(.cancel(tag: ConsumerMachine.tag))]), (.lost, [.released, .ended]), (.connect, []),
            ]),
        Case(
            testDescription: "left while it is made",
            steps: [
                (.connect, [.send(.channelOpen)]),
                (.leave, [.send(.channelClose)]),
                (.says(.channelOpenOk), []),
                (.says(.channelCloseOk), [.released, .ended]),
            ]),
        Case(testDescription: "left before there was a connection", steps: [(.leave, [.ended]), (.connect, [])]),
        Case(
            testDescription: "left while it is made again",
            steps: starting + [
                (.says(.cancel), [.send(.channelClose)]), (.leave, []), (.says(.channelCloseOk), [.released, .ended]),
            ]),
        Case(
            testDescription: "queue deleted while it is left",
            steps: starting + [
                (.leave, [.send(.cancel(tag: ConsumerMachine.tag))]), (.says(.cancel), []),
                (.settled(0), [.send(.channelClose)]),
            ]),
    ]

    @Test(arguments: cases)
    func everyEventHasItsActions(_ example: Case) {
        var machine = ConsumerMachine(
            backoff: Backoff(initial: .seconds(1), maximum: .seconds(30), jitter: 0))
        var generator = SystemRandomNumberGenerator()
        for (step, (event, expected)) in example.steps.enumerated() {
            let actions =
                switch event {
                case .connect: machine.connect(Self.setup)
                case .says(let method): machine.received(method, using: &generator)
                case .leave: machine.leave()
                case .settled(let outstanding): machine.settled(outstanding: outstanding)
                case .lost: machine.lost()
                }
            #expect(actions == expected, "step \(step): \(event)")
        }
    }
}
