import AMQP
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PublishAndConsumeTests {
    @Test func messageArrivesAsItWasSent() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("work")])) { broker in
                let properties = MessageProperties(
                    contentType: "application/json", messageID: "m-1", type: "Greeting", correlationID: "run-1",
                    timestamp: 1_700_000_000,
                    headers: [
                        "text": "größe", "number": .integer(-5), "flag": true, "list": .array(["a", .integer(1)]),
                        "table": .table(["x": .double(0.5), "nothing": .null]), "bytes": .bytes([0, 255]),
                    ])
                let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await broker.publish(
                    OutgoingMessage(exchange: "", routingKey: "work", body: body, properties: properties))
                try await broker.publish(OutgoingMessage(exchange: "", routingKey: "work", body: []))

                var deliveries = broker.deliveries(of: "work", prefetch: 10).makeAsyncIterator()
                let first = try #require(try await deliveries.next())
                #expect(first.message.body == body)
                var received = properties
                received.userID = broker.username
                #expect(first.message.properties == received)
                #expect(first.message.exchange == "")
                #expect(first.message.routingKey == "work")
                #expect(!first.redelivered)
                try await first.ack()
                let second = try #require(try await deliveries.next())
                #expect(second.message.body.isEmpty)
                #expect(second.message.properties.messageID != nil)
                try await second.ack()
                // A second word is not passed on: the broker would close the channel over it.
                try await second.ack()
                try await broker.publish(OutgoingMessage(exchange: "", routingKey: "work", body: [1]))
                let third = try #require(try await deliveries.next())
                #expect(third.message.body == [1])
                try await third.ack()
            }
        }
    }

    @Test func ofMessagesPublishedTogetherEachIsToldItsOwnEnd() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("work")])) { broker in
                func message(_ body: UInt8, to queue: String) -> OutgoingMessage {
                    OutgoingMessage(exchange: "", routingKey: queue, body: [body])
                }
                let messages = [
                    message(1, to: "work"), message(2, to: "nowhere"), message(3, to: "work"),
                    message(4, to: String(repeating: "q", count: 300)), message(5, to: "work"),
                ]
                let (ends, continuation) = AsyncStream.makeStream(of: (index: Int, code: AMQPError.Code?).self)
                broker.publish(
                    messages.enumerated().map { index, message in
                        Publication(message) { result in
                            switch result {
                            case .success: continuation.yield((index, nil))
                            case .failure(let error): continuation.yield((index, error.code))
                            }
                        }
                    })
                var told: [Int: AMQPError.Code?] = [:]
                for await end in ends.prefix(messages.count) { told[end.index] = .some(end.code) }
                #expect(told == [0: nil, 1: .unroutable, 2: nil, 3: .invalidMessage, 4: nil])
                var work = broker.deliveries(of: "work", prefetch: 10).makeAsyncIterator()
                for body: UInt8 in [1, 3, 5] {
                    let delivery = try #require(try await work.next())
                    #expect(delivery.message.body == [body])
                    try await delivery.ack()
                }
            }
        }
    }

    @Test func moreThanOneWriteTakesArrivesWholeAndInOrder() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("work")])) { broker in
                let sizes = (0..<60).map { number in number * 7919 % 140_000 }
                func message(_ number: Int) -> OutgoingMessage {
                    OutgoingMessage(
                        exchange: "", routingKey: "work",
                        body: (0..<sizes[number]).map { UInt8(truncatingIfNeeded: number &+ $0 &* 31) },
                        properties: MessageProperties(
                            messageID: "m-\(number)",
                            headers: ["long": .string(String(repeating: "\(number % 10)", count: 30_000))]))
                }
                let (ends, continuation) = AsyncStream.makeStream(of: AMQPError.Code?.self)
                broker.publish(
                    sizes.indices.map { number in
                        Publication(message(number)) { result in
                            switch result {
                            case .success: continuation.yield(nil)
                            case .failure(let error): continuation.yield(error.code)
                            }
                        }
                    })
                for await code in ends.prefix(sizes.count) { #expect(code == nil) }
                var work = broker.deliveries(of: "work", prefetch: 100).makeAsyncIterator()
                for number in sizes.indices {
                    let delivery = try #require(try await work.next())
                    var expected = message(number).properties
                    expected.userID = broker.username
                    #expect(delivery.message.properties == expected)
                    #expect(delivery.message.body == message(number).body)
                    try await delivery.ack()
                }
            }
        }
    }

    @Test func requeuedComesAgainAndRejectedIsDeadLettered() async throws {
        let topology = Topology(
            queues: [
                .quorum(
                    "work",
                    arguments: ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": "parked"]),
                .quorum("parked"),
            ])
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: topology) { broker in
                try await broker.publish(OutgoingMessage(exchange: "", routingKey: "work", body: [7]))
                var work = broker.deliveries(of: "work", prefetch: 1).makeAsyncIterator()
                try await #require(try await work.next()).requeue()
                let again = try #require(try await work.next())
                #expect(again.redelivered)
                try await again.reject()
                var parked = broker.deliveries(of: "parked", prefetch: 1).makeAsyncIterator()
                let delivery = try #require(try await parked.next())
                #expect(delivery.message.body == [7])
                try await delivery.ack()
            }
        }
    }

    @Test func manyAtOnceAreAllConfirmedAndConsumedOnce() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("work")])) { broker in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<3000 {
                        group.addTask {
                            try await broker.publish(
                                OutgoingMessage(
                                    exchange: "", routingKey: "work", body: Array("\(index)".utf8)))
                        }
                    }
                    try await group.waitForAll()
                }
                var seen: Set<String> = []
                for try await delivery in broker.deliveries(of: "work", prefetch: 100) {
                    #expect(!delivery.redelivered)
                    seen.insert(String(decoding: delivery.message.body, as: UTF8.self))
                    try await delivery.ack()
                    if seen.count == 3000 { break }
                }
                #expect(seen.count == 3000)
            }
        }
    }

    @Test func leavingTheLoopRequeuesWhatWasNotTaken() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("work")])) { broker in
                for index in 0..<10 {
                    try await broker.publish(OutgoingMessage(exchange: "", routingKey: "work", body: [UInt8(index)]))
                }
                var taken: Delivery?
                for try await delivery in broker.deliveries(of: "work", prefetch: 5) {
                    taken = delivery
                    break
                }
                // What was taken can be settled after the loop.
                let first = try #require(taken)
                #expect(first.message.body == [0])
                try await first.ack()
                var seen: Set<UInt8> = []
                for try await delivery in broker.deliveries(of: "work", prefetch: 20) {
                    seen.insert(delivery.message.body[0])
                    try await delivery.ack()
                    if seen.count == 9 { break }
                }
                #expect(seen == Set(1...9))
            }
        }
    }

    @Test func subscribersOfAFanoutAllGetIt() async throws {
        let topology = Topology(exchanges: [Exchange("control", kind: .fanout)])
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: topology) { broker in
                let first = broker.subscribe(exchange: "control", routingKeys: [], prefetch: 10)
                let second = broker.subscribe(exchange: "control", routingKeys: [], prefetch: 10)
                try await first.started()
                try await second.started()
                try await broker.publish(OutgoingMessage(exchange: "control", routingKey: "", body: [1]))
                for deliveries in [first, second] {
                    for try await delivery in deliveries {
                        #expect(delivery.message.body == [1])
                        try await delivery.ack()
                        break
                    }
                }
            }
        }
    }

    @Test func callIsAnswered() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("questions")])) { broker in
                async let server: Void = {
                    for try await delivery in broker.deliveries(of: "questions", prefetch: 10) {
                        let request = delivery.message
                        try await broker.publish(
                            OutgoingMessage(
                                exchange: "", routingKey: request.properties.replyTo ?? "",
                                body: request.body.reversed(),
                                properties: MessageProperties(correlationID: request.properties.correlationID)))
                        try await delivery.ack()
                        if request.body == [99] { return }
                    }
                }()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<50 {
                        group.addTask {
                            let reply = try await broker.call(
                                OutgoingMessage(exchange: "", routingKey: "questions", body: [UInt8(index), 1, 2]))
                            #expect(reply.body == [2, 1, UInt8(index)])
                        }
                    }
                    try await group.waitForAll()
                }
                _ = try await broker.call(OutgoingMessage(exchange: "", routingKey: "questions", body: [99]))
                try await server
            }
        }
    }

    @Test func callNobodyAnswersTimesOutAndCallToNobodyIsUnroutable() async throws {
        try await VirtualHost.with { host in
            try await Broker.with(host.url, topology: Topology(queues: [.quorum("silent")])) { broker in
                let timedOut = await #expect(throws: AMQPError.self) {
                    try await broker.call(
                        OutgoingMessage(exchange: "", routingKey: "silent", body: []), timeout: .milliseconds(300))
                }
                #expect(timedOut?.code == .timedOut)
                let unroutable = await #expect(throws: AMQPError.self) {
                    try await broker.call(OutgoingMessage(exchange: "", routingKey: "nobody", body: []))
                }
                #expect(unroutable?.code == .unroutable)
            }
        }
    }
}
