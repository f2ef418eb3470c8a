import Contracts
import Logging
import Messaging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite struct OutboxTests {
    struct Stop: Error {}

    @Test func `A message is noted once, and not at all where its effect failed`() async throws {
        try await withStore { store, _ in
            let inbox = Inbox()
            let id = MessageID(rawValue: "m")
            await #expect(throws: Stop.self) {
                try await store.write { database in
                    let isNew = try inbox.accept(id, in: database)
                    #expect(isNew)
                    throw Stop()
                }
            }
            let found1 = try await store.write { try inbox.accept(id, in: $0) }
            #expect(found1)
            let found2 = try await store.write { try !inbox.accept(id, in: $0) }
            #expect(found2)
        }
    }

    @Test func `Old ids are forgotten, young ones kept`() async throws {
        try await withStore { store, _ in
            let inbox = Inbox()
            let now = Timestamp.now
            let counts = try await store.write { database in
                _ = try inbox.accept(MessageID(rawValue: "old"), now: now.adding(.seconds(-100)), in: database)
                _ = try inbox.accept(MessageID(rawValue: "new"), now: now, in: database)
                let pruned = try inbox.prune(olderThan: .seconds(50), now: now, in: database)
                return (pruned, try inbox.accept(MessageID(rawValue: "old"), in: database))
            }
            #expect(counts == (1, true))
        }
    }

    @Test func `A message whose transaction failed is never sent`() async throws {
        try await withStore { store, _ in
            let outbox = Outbox()
            await #expect(throws: Stop.self) {
                try await store.write { database in
                    try outbox.append(message("lost"), in: database)
                    throw Stop()
                }
            }
            let found3 = try await store.read { try outbox.rows(in: $0).isEmpty }
            #expect(found3)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `What is left from before and what is committed later are published, failures again under the same id`()
        async throws
    {
        try await withStore { store, _ in
            let outbox = Outbox()
            try await store.write { try outbox.append(message("before"), in: $0) }
            let failures = Mutex(2)
            let (published, continuation) = AsyncStream.makeStream(of: String.self)
            let relay = OutboxRelay(store: store, outbox: outbox, logger: Logger(label: "test")) { message in
                let fails = failures.withLock { count in
                    defer { count -= 1 }
                    return count > 0
                }
                if fails { throw Stop() }
                continuation.yield(message.id.rawValue)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await relay.run() }
                var iterator = published.makeAsyncIterator()
                #expect(await iterator.next() == "before")
                try await store.write { try outbox.append(message("later"), key: "k", in: $0) }
                #expect(await iterator.next() == "later")
                try await store.write { database in
                    for n in 0..<300 { try outbox.append(message("k\(n)"), key: "k", in: database) }
                }
                for n in 0..<300 { #expect(await iterator.next() == "k\(n)") }
                group.cancelAll()
            }
        }
    }

    /// A row that stayed would be sent again at the next start, when its id may be forgotten.
    @Test(.timeLimit(.minutes(1)))
    func `A row that cannot be removed after its confirm is removed later, and its message is not sent again`()
        async throws
    {
        try await withStore { store, _ in
            let outbox = Outbox()
            let (published, continuation) = AsyncStream.makeStream(of: String.self)
            let relay = OutboxRelay(store: store, outbox: outbox, logger: Logger(label: "test")) { message in
                if message.id.rawValue == "first" {
                    try await store.write { try $0.run(script: "ALTER TABLE outbox RENAME TO away") }
                }
                continuation.yield(message.id.rawValue)
            }
            try await store.write { try outbox.append(message("first"), key: "k", in: $0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await relay.run() }
                var iterator = published.makeAsyncIterator()
                #expect(await iterator.next() == "first")
                try await Task.sleep(for: .milliseconds(500))
                try await store.write { database in
                    try database.run(script: "ALTER TABLE away RENAME TO outbox")
                    try outbox.append(message("second"), key: "k", in: database)
                }
                #expect(await iterator.next() == "second")
                try await eventually("the outbox is empty") {
                    try await store.read { try outbox.backlog(in: $0).count == 0 }
                }
                group.cancelAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `A graceful shutdown waits for the confirm under way and keeps the rest`() async throws {
        try await withStore { store, _ in
            let outbox = Outbox()
            try await store.write { database in
                try outbox.append(message("first"), key: "k", in: database)
                try outbox.append(message("second"), key: "k", in: database)
            }
            let (began, continuation) = AsyncStream.makeStream(of: Void.self)
            let relay = OutboxRelay(store: store, outbox: outbox, logger: Logger(label: "test")) { _ in
                continuation.yield()
                try await Task.sleep(for: .seconds(1))
            }
            let group = ServiceGroup(services: [relay], logger: Logger(label: "test"))
            async let running: Void = group.run()
            var iterator = began.makeAsyncIterator()
            _ = await iterator.next()
            await group.triggerGracefulShutdown()
            try await running
            let found4 = try await store.read { try outbox.rows(in: $0).map(\.message.id.rawValue) }
            #expect(found4 == ["second"])
        }
    }

    /// Such as one that a newer version wrote before the service was put back.
    @Test(.timeLimit(.minutes(1)))
    func `A row that cannot be read is set aside with its reason, and those around it go`() async throws {
        try await withStore { store, _ in
            let outbox = Outbox()
            try await store.write { database in
                try outbox.append(message("first"), key: "k", in: database)
                try database.execute(
                    "INSERT INTO outbox (orderKey, message, createdAt) VALUES ('k', ?, 0)",
                    [Array(#"{"id":"second"}"#.utf8)])
                try outbox.append(message("third"), key: "k", in: database)
            }
            let (published, continuation) = AsyncStream.makeStream(of: String.self)
            let aside = Mutex<[UnreadableMessage]>([])
            let relay = OutboxRelay(
                store: store, outbox: outbox, logger: Logger(label: "test"),
                setAside: { row in aside.withLock { $0.append(row) } },
                publish: { continuation.yield($0.id.rawValue) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await relay.run() }
                var iterator = published.makeAsyncIterator()
                #expect(await iterator.next() == "first")
                #expect(await iterator.next() == "third")
                // It is looked at once, however much comes after it.
                try await store.write { try outbox.append(message("fourth"), in: $0) }
                #expect(await iterator.next() == "fourth")
                group.cancelAll()
            }
            let rows = aside.withLock { $0 }
            #expect(rows.map(\.text) == [#"{"id":"second"}"#])
            #expect(rows.first?.reason.contains("is missing") == true)
            let left = try await store.read { try outbox.page(in: $0) }
            #expect(left.unreadable.map(\.sequence) == rows.map(\.sequence))
        }
    }
}
