import Testing

@testable import AMQP

struct ConfirmWindowTests {
    enum Event {
        case sent(String)
        case ack(UInt64)
        case ackUpTo(UInt64)
        case giveUp(String)
        case drain
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let events: [Event]
        let settled: [String]
        let unsettled: Int
    }

    static let cases = [
        Case(
            testDescription: "one by one, in order", events: [.sent("a"), .sent("b"), .ack(1), .ack(2)],
            settled: ["a", "b"], unsettled: 0),
        Case(
            testDescription: "out of order", events: [.sent("a"), .sent("b"), .sent("c"), .ack(3), .ack(1)],
            settled: ["c", "a"], unsettled: 1),
        Case(
            testDescription: "all up to one, except what is settled",
            events: [.sent("a"), .sent("b"), .sent("c"), .sent("d"), .ack(2), .ackUpTo(3)],
            settled: ["b", "a", "c"], unsettled: 1),
        Case(
            testDescription: "zero with multiple is all", events: [.sent("a"), .sent("b"), .ackUpTo(0)],
            settled: ["a", "b"], unsettled: 0),
        Case(
            testDescription: "twice and unknown do nothing",
            events: [.ack(1), .sent("a"), .ack(1), .ack(1), .ack(2), .ack(0), .ackUpTo(9), .ackUpTo(0)],
            settled: ["a"], unsettled: 0),
        Case(
            testDescription: "given up still takes room until it is settled",
            events: [.sent("a"), .sent("b"), .giveUp("a")], settled: [], unsettled: 2),
        Case(
            testDescription: "given up is settled silently",
            events: [.sent("a"), .sent("b"), .giveUp("a"), .ackUpTo(2)], settled: ["b"], unsettled: 0),
        Case(
            testDescription: "counts from one again after a drain",
            events: [.sent("a"), .sent("b"), .ack(1), .drain, .sent("c"), .ack(1)], settled: ["a", "b", "c"],
            unsettled: 0),
        Case(
            testDescription: "an ack of the channel before does nothing", events: [.sent("a"), .drain, .ack(1)],
            settled: ["a"], unsettled: 0),
    ]

    @Test(arguments: cases)
    func settlesWhatTheBrokerSettles(_ example: Case) {
        var window = ConfirmWindow<String>(limit: 10)
        var settled: [String] = []
        for event in example.events {
            switch event {
            case .sent(let entry): window.append(entry)
            case .ack(let tag): window.settle(tag, multiple: false) { settled.append($0) }
            case .ackUpTo(let tag): window.settle(tag, multiple: true) { settled.append($0) }
            case .giveUp(let entry): window.giveUp { $0 == entry }
            case .drain: settled += window.drain()
            }
        }
        #expect(settled == example.settled)
        #expect(window.unsettled == example.unsettled)
    }

    @Test func hasRoomForItsLimit() {
        var window = ConfirmWindow<Int>(limit: 2)
        window.append(1)
        #expect(window.hasRoom)
        window.append(2)
        #expect(!window.hasRoom)
        window.settle(2, multiple: false) { _ in }
        #expect(window.hasRoom)
    }

    @Test func changesTheFirstThatMatches() {
        var window = ConfirmWindow<Int>(limit: 10)
        for entry in [1, 2, 2] { window.append(entry) }
        let changed = window.update { entry in
            guard entry == 2 else { return false }
            entry = 20
            return true
        }
        #expect(changed)
        #expect(Array(window.entries) == [1, 20, 2])
    }
}
