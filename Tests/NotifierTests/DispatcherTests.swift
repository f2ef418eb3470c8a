import Contracts
import FoundationEssentials
import Logging
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Notifier

@Suite("Telling others")
struct DispatcherTests {
    private let endpoint = "https://chat.example/hook"

    /// An event of a run; each has its own unless the test is about order.
    private func event(_ id: String, run: String? = nil) -> CloudEvent {
        .buildStarted(
            "build", origin: EventOrigin(service: "builder", chain: run ?? id, id: MessageID(rawValue: id)))
    }

    private func add(
        _ event: CloudEvent, _ body: [UInt8] = [1], to endpoints: [String], in store: NotificationStore
    ) async throws {
        _ = try await store.add(event, body: body, to: endpoints)
    }

    private func end(
        _ outcome: PostOutcome, _ verdict: DeliveryVerdict, _ notification: Notification, in store: NotificationStore
    ) async throws {
        _ = try await store.record(outcome, verdict, of: notification, began: .now)
    }

    private func withStore(_ work: (NotificationStore) async throws -> Void) async throws {
        let path = "/tmp/slipway-notifier-\(UInt64.random(in: 0 ... .max)).sqlite"
        let store = try NotificationStore.open(at: path)
        try await work(store)
        try await store.store.close()
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    @Test("an event that comes twice is told once to each address")
    func once() async throws {
        try await withStore { store in
            let addresses = [endpoint, "https://other.example"]
            let first = try await store.add(event("1"), body: [1], to: addresses)
            #expect(first == addresses)
            #expect(try await store.add(event("1"), body: [1], to: addresses).isEmpty)
            #expect(try await store.due(for: endpoint, limit: 10).count == 1)
            #expect(try await store.due(for: "https://other.example", limit: 10).count == 1)
        }
    }

    @Test("a post that fails goes again later under the same id, and each attempt is recorded")
    func attempts() async throws {
        try await withStore { store in
            try await add(event("1"), [1, 2], to: [endpoint], in: store)
            let first = try #require(try await store.due(for: endpoint, limit: 1).first)
            try await end(.failed("away"), .retry(after: .seconds(5)), first, in: store)
            #expect(try await store.due(for: endpoint, limit: 1).isEmpty)
            let next = try #require(try await store.nextDue(for: endpoint))
            let second = try #require(try await store.due(for: endpoint, limit: 1, now: next).first)
            #expect(second.event == first.event)
            #expect(second.body == [1, 2])
            #expect(second.attempts == 1)
            try await end(.answered(status: 200, retryAfter: nil), .delivered, second, in: store)
            #expect(try await store.nextDue(for: endpoint) == nil)
            let recorded = try await store.store.read { database in
                try database.rows("SELECT number, status, error FROM deliveryAttempt ORDER BY number").map {
                    "\(try $0["number"] as Int) \(try $0["status"] as Int? ?? 0) \(try $0["error"] as String? ?? "")"
                }
            }
            #expect(recorded == ["1 0 away", "2 200 "])
            // Delivered, it is not told again.
            try await add(event("1"), [1, 2], to: [endpoint], in: store)
            #expect(try await store.nextDue(for: endpoint) == nil)
        }
    }

    @Test("an address that answers 410 is told nothing more, others are")
    func disabled() async throws {
        try await withStore { store in
            for id in ["1", "2"] { try await add(event(id), to: [endpoint, "https://other.example"], in: store) }
            let first = try #require(try await store.due(for: endpoint, limit: 1).first)
            let over = try await store.record(
                .answered(status: 410, retryAfter: nil), .disable, of: first, began: .now)
            #expect(over == 2)
            #expect(
                try await store.add(event("3"), body: [], to: [endpoint, "https://other.example"])
                    == ["https://other.example"])
            #expect(try await store.nextDue(for: endpoint) == nil)
            #expect(try await store.due(for: "https://other.example", limit: 10).count == 3)
        }
    }

    @Test("the body of an event is kept once, for however many addresses, and goes with the last notification of it")
    func oneBody() async throws {
        try await withStore { store in
            let addresses = (0..<5).map { "https://\($0).example" }
            try await add(event("1"), [7, 7], to: addresses, in: store)
            func bodies() async throws -> Int {
                try await store.store.read { try $0.value("SELECT COUNT(*) FROM event") ?? 0 }
            }
            #expect(try await bodies() == 1)
            for address in addresses {
                #expect(try await store.due(for: address, limit: 9).map(\.body) == [[7, 7]])
            }
            #expect(try await store.begin(with: Array(addresses.dropFirst())).removed == 1)
            #expect(try await bodies() == 1)
            #expect(try await store.begin(with: []).removed == 4)
            #expect(try await bodies() == 0)
        }
    }

    @Test("of one run an event waits for the one before it, however long that takes; other runs and addresses do not")
    func order() async throws {
        try await withStore { store in
            for id in ["1", "2", "3"] { try await add(event(id, run: "a"), to: [endpoint], in: store) }
            try await add(event("4", run: "b"), to: [endpoint], in: store)
            try await add(event("2", run: "a"), to: ["https://other.example"], in: store)
            func due(_ endpoint: String, now: Timestamp = .now) async throws -> [Notification] {
                try await store.due(for: endpoint, limit: 9, now: now)
            }
            #expect(try await due(endpoint).map(\.event.rawValue) == ["1", "4"])
            #expect(try await due("https://other.example").map(\.event.rawValue) == ["2"])
            let first = try #require(try await due(endpoint).first)
            try await end(.failed("away"), .retry(after: .seconds(60)), first, in: store)
            #expect(try await due(endpoint).map(\.event.rawValue) == ["4"])
            let later = Timestamp.now.adding(.seconds(120))
            #expect(try await due(endpoint, now: later).map(\.event.rawValue) == ["4", "1"])
            try await end(.failed("away"), .giveUp, first, in: store)
            let second = try #require(try await due(endpoint).first { $0.chain == "a" })
            #expect(second.event.rawValue == "2")
            try await end(.answered(status: 204, retryAfter: nil), .delivered, second, in: store)
            #expect(try await due(endpoint).map(\.event.rawValue) == ["4", "3"])
        }
    }

    @Test("an address that answered 410 is told again when it is named, or was taken away and comes back")
    func enabling() async throws {
        try await withStore { store in
            func disable() async throws {
                try await add(event("\(UInt64.random(in: 0 ... .max))"), to: [endpoint], in: store)
                let notification = try #require(try await store.due(for: endpoint, limit: 1).first)
                try await end(.answered(status: 410, retryAfter: nil), .disable, notification, in: store)
            }
            func isTold() async throws -> Bool {
                try await store.add(event("\(UInt64.random(in: 0 ... .max))"), body: [], to: [endpoint]).isEmpty
                    == false
            }
            try await disable()
            #expect(try await store.begin(with: [endpoint]) == .init(disabled: [endpoint]))
            #expect(try await isTold() == false)
            #expect(try await store.begin(with: [endpoint], enabling: [endpoint]) == .init())
            #expect(try await isTold())
            try await disable()
            _ = try await store.begin(with: ["https://other.example"])
            _ = try await store.begin(with: [endpoint])
            #expect(try await isTold())
        }
    }

    @Test("what waits for an address that was removed goes, what waits for others stays and is counted")
    func removed() async throws {
        try await withStore { store in
            for id in ["1", "2"] {
                try await add(event(id, run: "a"), to: [endpoint, "https://gone.example"], in: store)
            }
            #expect(try await store.begin(with: [endpoint]) == .init(waiting: [endpoint: 2], removed: 2))
            #expect(try await store.nextDue(for: "https://gone.example") == nil)
            #expect(try await store.due(for: endpoint, limit: 9).count == 1)
        }
    }

    @Test("what waited in an outbox of before is still told")
    func migration() async throws {
        let path = "/tmp/slipway-notifier-\(UInt64.random(in: 0 ... .max)).sqlite"
        let old = try Store.open(at: path, migrations: Array(NotificationSchema.migrations.prefix(1)))
        try await old.write { database in
            for (endpoint, due) in [(endpoint, 5), ("https://other.example", nil)] as [(String, Int?)] {
                try database.execute(
                    """
                    INSERT INTO notification (event, endpoint, type, body, attempts, dueAt, state, createdAt)
                    VALUES ('1', ?, 'type', x'0102', 1, ?, ?, 5)
                    """, [endpoint, due, due == nil ? "delivered" : "waiting"])
            }
            try database.execute("INSERT INTO attempt VALUES (1, 1, 5, 5, 503, NULL)")
        }
        try await old.close()
        let store = try NotificationStore.open(at: path)
        let waiting = try #require(try await store.due(for: endpoint, limit: 9).first)
        #expect(waiting.event.rawValue == "1" && waiting.body == [1, 2] && waiting.attempts == 1)
        #expect(try await store.nextDue(for: "https://other.example") == nil)
        #expect(try await store.add(event("1"), body: [], to: [endpoint, "https://other.example"]).isEmpty)
        try await end(.answered(status: 200, retryAfter: nil), .delivered, waiting, in: store)
        #expect(try await store.nextDue(for: endpoint) == nil)
        try await store.store.close()
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    @Test("addresses are called by their host: the path of a chat's is a secret")
    func labels() {
        let labels = WebhookChannel.labels(of: [
            "https://chat.example/hooks/secret", "http://Chat.example:8080/x", "https://chat.example/other?key=secret",
        ])
        #expect(labels == ["chat.example", "chat.example:8080", "chat.example (2)"])
    }

    @Test("an address that asks to be left alone is told nothing meanwhile, of no run")
    func pause() async throws {
        try await withStore { store in
            for id in ["1", "2", "3"] { try await add(event(id), to: [endpoint], in: store) }
            let posted = Mutex<[String]>([])
            let (pauses, asked) = AsyncStream.makeStream(of: Duration.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let outlet = Outlet(
                StubChannel(endpoint: endpoint) { notification in
                    let isFirst = posted.withLock { posted in
                        posted.append(notification.event.rawValue)
                        return posted.count == 1
                    }
                    return .answered(status: isFirst ? 429 : 200, retryAfter: isFirst ? 600 : nil)
                })
            let dispatcher = Dispatcher(
                outlet: outlet, store: store, logger: Logger(label: "test"), width: 1,
                sleep: { duration in
                    asked.yield(duration)
                    for await _ in ends { return }
                })
            let task = Task { try await dispatcher.run() }
            var pause = pauses.makeAsyncIterator()
            #expect(await pause.next() == .seconds(600))
            outlet.wake.wake()
            #expect(posted.withLock { $0 } == ["1"])
            end.yield()
            try await eventually { posted.withLock { $0.count } == 3 }
            #expect(posted.withLock { $0 } == ["1", "2", "3"])
            task.cancel()
            try await task.value
        }
    }

    @Test("what an address asked for holds after a restart, for as long as it asked")
    func pauseAfterARestart() async throws {
        try await withStore { store in
            let now = Timestamp.now
            try await add(event("1"), to: [endpoint], in: store)
            let first = try #require(try await store.due(for: endpoint, limit: 1).first)
            try await end(.answered(status: 503, retryAfter: 600), .retry(after: .seconds(600)), first, in: store)
            try await add(event("2"), to: [endpoint], in: store)
            #expect(try await store.pause(for: endpoint, now: now.adding(.seconds(1_200))) == .zero)
            // A clock that was set back puts nothing off for longer than an answer can.
            #expect(try await store.pause(for: endpoint, now: now.adding(.seconds(-1_000_000))) == .seconds(86_400))
            let (pauses, asked) = AsyncStream.makeStream(of: Duration.self)
            let dispatcher = Dispatcher(
                outlet: Outlet(StubChannel(endpoint: endpoint) { _ in .failed("nothing may be posted") }),
                store: store, logger: Logger(label: "test"),
                sleep: { duration in
                    asked.yield(duration)
                    try await Task.sleep(for: .seconds(600))
                })
            let task = Task { try await dispatcher.run() }
            var pause = pauses.makeAsyncIterator()
            let asks = try #require(await pause.next())
            #expect(asks > .seconds(300) && asks <= .seconds(601))
            task.cancel()
            try await task.value
            #expect(try await store.due(for: endpoint, limit: 9).map(\.attempts) == [0])
            _ = try await store.begin(with: [])
            #expect(try await store.pause(for: endpoint) == .zero)
        }
    }

    @Test("what is added is posted at once, and what failed when it is due")
    func dispatch() async throws {
        try await withStore { store in
            let posted = Mutex<[MessageID]>([])
            let outlet = Outlet(
                StubChannel(endpoint: endpoint) { notification in
                    posted.withLock { $0.append(notification.event) }
                    return .answered(status: 200, retryAfter: nil)
                })
            let dispatcher = Dispatcher(outlet: outlet, store: store, logger: Logger(label: "test"))
            try await add(event("before"), to: [endpoint], in: store)
            let task = Task { try await dispatcher.run() }
            try await eventually { posted.withLock { $0.count } == 1 }
            try await add(event("after"), to: [endpoint], in: store)
            outlet.wake.wake()
            try await eventually { posted.withLock { $0.count } == 2 }
            let soon = try await store.store.write { database in
                try database.execute(
                    """
                    UPDATE delivery SET dueAt = ?, state = 'waiting'
                    WHERE event = (SELECT row FROM event WHERE id = 'after')
                    """, [Timestamp.now.milliseconds + 200])
                return true
            }
            #expect(soon)
            outlet.wake.wake()
            try await eventually { posted.withLock { $0.count } == 3 }
            task.cancel()
            try await task.value
            #expect(posted.withLock { $0.map(\.rawValue) } == ["before", "after", "after"])
        }
    }
}

/// A channel that does what a test says.
private struct StubChannel: Channel {
    let endpoint: String
    let answer: @Sendable (Notification) async -> PostOutcome
    var label: String { "chat.example" }

    func takes(_ event: CloudEvent) -> Bool { true }

    func send(_ notification: Notification) async -> PostOutcome { await answer(notification) }
}
