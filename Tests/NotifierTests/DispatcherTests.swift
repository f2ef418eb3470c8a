import Contracts
import FoundationEssentials
import GRDB
import Logging
import Storage
import Synchronization
import Testing

@testable import Notifier

@Suite("Telling others")
struct DispatcherTests {
    private let endpoint = "https://chat.example/hook"

    private func event(_ id: String) -> CloudEvent {
        .buildStarted(
            "build", origin: EventOrigin(service: "builder", chain: "run", id: MessageID(rawValue: id)))
    }

    private func withStore(_ work: (NotificationStore) async throws -> Void) async throws {
        let path = "/tmp/slipway-notifier-\(UInt64.random(in: 0 ... .max)).sqlite"
        let store = try NotificationStore.open(at: path)
        try await work(store)
        try store.store.close()
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                Issue.record("it did not come about within 10 s")
                return
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("an event that comes twice is told once to each address")
    func once() async throws {
        try await withStore { store in
            for _ in 0..<2 { try await store.add(event("1"), body: [1], to: [endpoint, "https://other.example"]) }
            #expect(try await store.due(for: endpoint, limit: 10).count == 1)
            #expect(try await store.due(for: "https://other.example", limit: 10).count == 1)
        }
    }

    @Test("a post that fails goes again later under the same id, and each attempt is recorded")
    func attempts() async throws {
        try await withStore { store in
            try await store.add(event("1"), body: [1, 2], to: [endpoint])
            let first = try #require(try await store.due(for: endpoint, limit: 1).first)
            try await store.record(.failed("away"), .retry(after: .seconds(5)), of: first, began: .now)
            #expect(try await store.due(for: endpoint, limit: 1).isEmpty)
            let next = try #require(try await store.nextDue(for: endpoint))
            let second = try #require(try await store.due(for: endpoint, limit: 1, now: next).first)
            #expect(second.event == first.event)
            #expect(second.body == [1, 2])
            #expect(second.attempts == 1)
            try await store.record(.answered(status: 200, retryAfter: nil), .delivered, of: second, began: .now)
            #expect(try await store.nextDue(for: endpoint) == nil)
            let recorded = try await store.store.read { database in
                try Row.fetchAll(database, sql: "SELECT number, status, error FROM attempt ORDER BY number").map {
                    "\($0["number"] as Int) \($0["status"] as Int? ?? 0) \($0["error"] as String? ?? "")"
                }
            }
            #expect(recorded == ["1 0 away", "2 200 "])
            // Delivered, it is not told again.
            try await store.add(event("1"), body: [1, 2], to: [endpoint])
            #expect(try await store.nextDue(for: endpoint) == nil)
        }
    }

    @Test("an address that answers 410 is told nothing more, others are")
    func disabled() async throws {
        try await withStore { store in
            for id in ["1", "2"] { try await store.add(event(id), body: [], to: [endpoint, "https://other.example"]) }
            let first = try #require(try await store.due(for: endpoint, limit: 1).first)
            try await store.record(.answered(status: 410, retryAfter: nil), .disable, of: first, began: .now)
            try await store.add(event("3"), body: [], to: [endpoint, "https://other.example"])
            #expect(try await store.nextDue(for: endpoint) == nil)
            #expect(try await store.due(for: "https://other.example", limit: 10).count == 3)
        }
    }

    @Test("what is added is posted at once, and what failed when it is due")
    func dispatch() async throws {
        try await withStore { store in
            let posted = Mutex<[MessageID]>([])
            let wake = Wake()
            let dispatcher = Dispatcher(
                endpoint: endpoint, store: store, wake: wake, logger: Logger(label: "test")
            ) { notification in
                posted.withLock { $0.append(notification.event) }
                return .answered(status: 200, retryAfter: nil)
            }
            try await store.add(event("before"), body: [], to: [endpoint])
            let task = Task { try await dispatcher.run() }
            try await eventually { posted.withLock { $0.count } == 1 }
            try await store.add(event("after"), body: [], to: [endpoint])
            wake.wake()
            try await eventually { posted.withLock { $0.count } == 2 }
            let soon = try await store.store.write { database in
                try database.execute(
                    sql: "UPDATE notification SET dueAt = ?, state = 'waiting' WHERE event = 'after'",
                    arguments: [Timestamp.now.milliseconds + 200])
                return true
            }
            #expect(soon)
            wake.wake()
            try await eventually { posted.withLock { $0.count } == 3 }
            task.cancel()
            try await task.value
            #expect(posted.withLock { $0.map(\.rawValue) } == ["before", "after", "after"])
        }
    }
}
