import Testing

@testable import AMQP

struct ContentAssemblyTests {
    private let origin = ContentAssembly.Origin.delivered(tag: 7, redelivered: true)
    private let properties = MessageProperties(messageID: "m")

    private func message(_ body: [UInt8]) -> IncomingMessage {
        IncomingMessage(exchange: "x", routingKey: "k", body: body, properties: properties)
    }

    private func begun(limit: Int = 100) -> ContentAssembly {
        var assembly = ContentAssembly(limit: limit)
        #expect(assembly.begin(origin, exchange: "x", routingKey: "k") == .incomplete)
        return assembly
    }

    @Test func emptyBodyIsCompleteWithItsHeader() {
        var assembly = begun()
        #expect(assembly.header(bodySize: 0, properties) == .message(origin, message([])))
    }

    @Test(arguments: [[[1, 2, 3]], [[1], [2], [3]], [[1, 2], [3]], [[], [1, 2, 3]]] as [[[UInt8]]])
    func bodyIsPutTogetherFromItsParts(parts: [[UInt8]]) {
        var assembly = begun()
        #expect(assembly.header(bodySize: 3, properties) == .incomplete)
        for part in parts.dropLast() { #expect(assembly.body(part) == .incomplete) }
        #expect(assembly.body(parts.last ?? []) == .message(origin, message([1, 2, 3])))
        // Ready for the next one.
        #expect(assembly.begin(origin, exchange: "x", routingKey: "k") == .incomplete)
    }

    @Test func largeBodyIsSkippedNotKept() {
        var assembly = begun(limit: 2)
        #expect(assembly.header(bodySize: 3, properties) == .incomplete)
        #expect(assembly.body([1, 2]) == .incomplete)
        #expect(assembly.body([3]) == .oversized(origin, size: 3))
        #expect(assembly.begin(origin, exchange: "x", routingKey: "k") == .incomplete)
    }

    @Test func sizeNoMachineHasIsSkipped() {
        var assembly = begun()
        #expect(assembly.header(bodySize: .max, properties) == .incomplete)
        #expect(assembly.body([1]) == .incomplete)
    }

    @Test func returnKeepsItsReason() {
        var assembly = ContentAssembly(limit: 10)
        let origin = ContentAssembly.Origin.returned(code: 312, text: "NO_ROUTE")
        #expect(assembly.begin(origin, exchange: "x", routingKey: "k") == .incomplete)
        #expect(assembly.header(bodySize: 0, properties) == .message(origin, message([])))
    }

    @Test(arguments: ["begin twice", "header first", "body first", "body before header", "too long", "skip too long"])
    func whatComesOutOfOrderIsAViolation(what: String) {
        var assembly = ContentAssembly(limit: 4)
        var result = ContentAssembly.Result.incomplete
        func begin() { result = assembly.begin(origin, exchange: "", routingKey: "") }
        func header(_ size: UInt64) { result = assembly.header(bodySize: size, properties) }
        func body(_ count: Int) { result = assembly.body([UInt8](repeating: 0, count: count)) }
        switch what {
        case "begin twice":
            begin()
            begin()
        case "header first": header(1)
        case "body first": body(1)
        case "body before header":
            begin()
            body(1)
        case "too long":
            begin()
            header(2)
            body(3)
        default:
            begin()
            header(5)
            body(6)
        }
        guard case .violation(let error) = result else {
            Issue.record("\(what): \(result)")
            return
        }
        #expect(error.code == .protocolViolation)
    }
}
