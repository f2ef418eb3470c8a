import Contracts
import FoundationEssentials
import Logging
import Messaging
import Runtime
import ServiceLifecycle
import Storage
import Synchronization

/// Pushes that wait for the broker, in their own file.
final class Spool: Sendable {
    /// Publishes what waits.
    let relay: OutboxRelay
    let store: Store
    private let outbox: Outbox
    private let gate: SpoolGateBox
    private let floor: DiskFloor?

    private init(store: Store, outbox: Outbox, gate: SpoolGateBox, floor: DiskFloor?, relay: OutboxRelay) {
        self.store = store
        self.floor = floor
        self.outbox = outbox
        self.gate = gate
        self.relay = relay
    }

    /// Opens the spool of a folder and makes both where there are none.
    /// - Parameter floor: what of its disk is left free: a forge sends again what is refused, and the machine goes on.
    static func open(
        in folder: String, floor: DiskFloor? = nil, logger: Logger,
        publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) async throws -> Spool {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let store = try openStore(in: folder)
        let outbox = Outbox()
        let waiting = try await store.read { try outbox.backlog(in: $0).count }
        if waiting > 0 { logger.notice("pushes of before wait in the spool", metadata: ["count": "\(waiting)"]) }
        let gate = SpoolGateBox(SpoolGate(waiting: waiting))
        let relay = OutboxRelay(
            store: store, outbox: outbox, logger: logger, setAside: { _ in gate.relayed() },
            publish: { message in
                try await publish(message)
                gate.relayed()
            })
        return Spool(store: store, outbox: outbox, gate: gate, floor: floor, relay: relay)
    }

    /// The file's name in a gateway's folder.
    static let file = "spool.sqlite"

    static func openStore(in folder: String) throws(StoreError) -> Store {
        try Store.open(at: "\(folder)/\(file)", migrations: migrations)
    }

    static let migrations = [
        Outbox.migration,
        Migration("probe", sql: "CREATE TABLE probe (id INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL);"),
        Migration("room for a push", sql: "ALTER TABLE probe ADD COLUMN filling BLOB;"),
    ]

    /// As large as a push may be.
    private static let probeSize = 32 * 1024

    /// Why nothing could be appended now, or `nil`: it is tried with a row that is always the same one.
    func problem() async -> String? {
        if let problem = floor?.problem() { return problem }
        do {
            try await store.write { database in
                try database.execute(
                    "INSERT OR REPLACE INTO probe (id, at, filling) VALUES (1, ?, zeroblob(?))",
                    [Timestamp.now.milliseconds, Self.probeSize])
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Whether nothing waits, as far as known without asking the file.
    var isEmpty: Bool { gate.isEmpty }

    /// Returns once the message is on disk.
    func append(_ message: PreparedMessage, key: String) async throws {
        try floor?.check()
        gate.spooling()
        do {
            try await store.write { [outbox] in try outbox.append(message, key: key, in: $0) }
        } catch {
            gate.abandoned()
            throw error
        }
    }
}

/// Whether pushes go past the spool: only while none waits in it.
struct SpoolGate: Equatable {
    private(set) var waiting: Int

    init(waiting: Int) { self.waiting = waiting }

    var isEmpty: Bool { waiting == 0 }

    /// A push is about to be written.
    mutating func spooling() { waiting += 1 }

    /// It could not be written.
    mutating func abandoned() { waiting = max(0, waiting - 1) }

    /// A push that waited is confirmed. One that is published twice counts once too often: the floor keeps the gate
    /// from staying open for pushes that still wait only as long as the relay needs for them.
    mutating func relayed() { waiting = max(0, waiting - 1) }
}

/// The gate, shared.
final class SpoolGateBox: Sendable {
    private let gate: Mutex<SpoolGate>

    init(_ gate: SpoolGate) { self.gate = Mutex(gate) }

    var isEmpty: Bool { gate.withLock(\.isEmpty) }
    func spooling() { gate.withLock { $0.spooling() } }
    func abandoned() { gate.withLock { $0.abandoned() } }
    func relayed() { gate.withLock { $0.relayed() } }
}
