import Testing

@testable import AMQP

struct BrokerVersionTests {
    @Test func versionsAreComparedByTheirFirstTwoNumbers() throws {
        let version = try #require(BrokerVersion("3.10.8"))
        #expect(version == .oldest && version.description == "3.10.8")
        #expect(try #require(BrokerVersion("3.9.29")) < version)
        #expect(try #require(BrokerVersion("4.3.0-rc.1")) > version)
        #expect(BrokerVersion("4.0-beta").map { [$0.major, $0.minor] } == [4, 0])
        for text in ["", "4", "four.1", "v4.1"] { #expect(BrokerVersion(text) == nil, "\(text)") }
    }

    @Test func aQueueHasToStateItsLimitFromVersionFour() throws {
        let configuration = try BrokerConfiguration(url: "amqp://a:b@rabbit/", connectionName: "test")
        #expect(!configuration.statesLimits(BrokerVersion("3.13.7")))
        #expect(configuration.statesLimits(BrokerVersion("4.0.1")))
        #expect(!configuration.statesLimits(nil))
    }

    /// A consumer whose queue is not there makes it with its limit, and finds it from then on.
    @Test func aConsumerMakesTheQueueThatItDoesNotFind() {
        let queue = Queue("kept", arguments: ["x-queue-type": "quorum"], returnLimit: 500)
        var subscription = Subscription(
            source: .queue("kept"), prefetch: 1, buffer: DeliveryBuffer(),
            machine: ConsumerMachine(backoff: Backoff()), assembly: ContentAssembly(limit: 1))
        let topology = Topology(queues: [queue])
        var generator = SystemRandomNumberGenerator()
        func declared() -> ClientMethod? {
            _ = subscription.machine.connect(subscription.setup(topology, statesLimits: true))
            guard case .send(let method)? = subscription.machine.received(.channelOpenOk, using: &generator).first
            else {
                return nil
            }
            return method
        }
        #expect(declared() == .queueDeclare(queue.looked))
        let actions = subscription.machine.received(
            .channelClose(code: 404, text: "NOT_FOUND - no queue 'kept'"), using: &generator)
        #expect(subscription.machine.isWaiting && actions.prefix(2) == [.send(.channelCloseOk), .released])
        #expect(declared() == .queueDeclare(queue.limited))
        for method: ServerMethod in [.queueDeclareOk(), .prefetchOk, .consumeOk] {
            _ = subscription.machine.received(method, using: &generator)
        }
        #expect(subscription.machine.isConsuming)
        _ = subscription.machine.lost()
        #expect(declared() == .queueDeclare(queue.looked))
    }
}
