import AMQP
import Contracts
import Foundation
import Testing

@testable import Messaging

/// What keeps versions side by side.
@Suite struct VersionTests {
    /// A queue that exists cannot be declared with other arguments (406), and a service that tries does not start. What has
    /// ever been declared is in the list, and new queues are added to it.
    @Test func noQueueIsDeclaredOtherwiseThanBefore() throws {
        let file = try #require(Bundle.module.url(forResource: "Golden/queues", withExtension: "json"))
        let golden = try Wire.decode([String: [String: JSONValue]].self, from: try Data(contentsOf: file))
        let topology = MessageMap.topology(
            with: [MessageMap.build(pool: "default"), MessageMap.deploy(cluster: "default")])
        let declared = Dictionary(
            uniqueKeysWithValues: topology.queues.map { queue in
                (queue.name, queue.arguments.mapValues { $0.integer.map { .integer($0) } ?? .string($0.string ?? "") })
            } as [(String, [String: JSONValue])])
        // Its place was taken by another one, under another name.
        for (name, arguments) in golden
        where !name.hasSuffix("slipway.notifier") && !name.hasPrefix("slipway.again.notifier.") {
            #expect(declared[name] == arguments, "\(name) is there with other arguments: use a policy or a new name")
        }
        #expect(Set(declared.keys).subtracting(golden.keys).isEmpty, "add them to Golden/queues.json")
    }

    private let now = Timestamp(milliseconds: 1_000_000_000_000)

    @Test func aHeldMessageWaitsForAWeekAndIsParkedThen() {
        #expect(HeldMessages.decide("why", heldSince: nil, now: now) == .hold(since: now, isFirst: true))
        let since = now.adding(.zero - HeldMessages.limit)
        #expect(
            HeldMessages.decide("why", heldSince: since.adding(.seconds(1)), now: now)
                == .hold(since: since.adding(.seconds(1)), isFirst: false))
        #expect(
            HeldMessages.decide("why", heldSince: since, now: now) == .park(reason: "it was held for 7 days: why"))
    }

    /// By a clock that was ahead: it would be held for ever.
    @Test func aMomentInTheFutureCountsFromNow() {
        #expect(
            HeldMessages.decide("why", heldSince: now.adding(.seconds(60)), now: now)
                == .hold(since: now, isFirst: false))
    }

    @Test func onlyWhatNeedsANewerReaderSaysSo() throws {
        struct Grown: Message {
            static let version = 2
            var color: String?
            var neededVersion: Int { color == nil ? 1 : 2 }
        }
        let queue = MessageMap.pipeline
        #expect(try PreparedMessage(Grown(), to: queue).version == 1)
        #expect(try PreparedMessage(Grown(color: "red"), to: queue).version == 2)
        let headers = try PreparedMessage(Grown(color: "red"), to: queue).outgoing.properties.headers
        #expect(headers[Header.version] == .integer(2))
    }
}
