import Contracts
import Measures
import Messaging
import Metrics
import Runtime
import Storage

/// The service's database with what goes along with a change: messages to send and watchers to tell.
struct PipelineStore: Sendable {
    let store: Store
    let outbox: Outbox
    let inbox: Inbox
    let changes: RunChanges
    /// Told when something may be due earlier than it was.
    let deadlines = Signal()
    /// Told when a lease or a time limit begins.
    let beats = Signal()
    /// Told when a person wants what is not kept any more to go.
    let cleaning = Signal()
    /// What of the disk is left to what cannot wait.
    let floor: DiskFloor?

    init(store: Store, changes: RunChanges = RunChanges(), floor: DiskFloor? = nil) {
        self.store = store
        self.floor = floor
        self.outbox = Outbox()
        self.inbox = Inbox()
        self.changes = changes
    }

    /// Why nothing can be read from it now; `nil` where it can.
    func problem() async -> String? {
        do {
            _ = try await read { try $0.repositories.find(.init(rawValue: "")) }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Why the platform does not get on, though it answers; `nil` where it does.
    var standstill: String? {
        store.outage.map { "nothing can be written: \($0)" } ?? floor?.problem().map { "logs stand still: \($0)" }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Snapshot) throws -> Value) async throws -> Value {
        try await store.read { try body(Snapshot(database: $0)) }
    }

    /// What tells the platform of this database from all others.
    func platform() async throws -> String { try await write { try $0.identity.platform() } }

    /// Since when this version is at work on an installation of before; `nil` on one that began with it.
    func upgradedAt() async throws -> Timestamp? { try await read { try $0.deadLetters.upgradedAt() } }

    /// Since when what is sealed is bound to its place on an installation of before; `nil` on one that began with that.
    func boundSince() async throws -> Timestamp? { try await read { try $0.seals.upgradedAt() } }

    /// One transaction.
    /// - Parameter actor: who it is looked at first whether they still may; see `write(as:)` of the operations.
    func write<Value: Sendable>(
        now: Timestamp = .now, actor: String? = nil, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        // The trace of the message being handled belongs to this task; the transaction runs on the writer's own.
        let context = MessageContext.current
        return try await store.write { [self] database in
            try MessageContext.$current.withValue(context) {
                try body(
                    Transaction(
                        database: database, outbox: outbox, inbox: inbox, changes: changes, deadlines: deadlines,
                        now: now,
                        actor: actor))
            }
        }
    }

    /// One transaction for one message, or none if the message was handled before.
    /// - Returns: `nil` for a repeat.
    func write<Value: Sendable>(
        once id: MessageID, now: Timestamp = .now, _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value? {
        try await write(now: now) { transaction in
            guard try transaction.accept(id) else { return nil }
            return try body(transaction)
        }
    }
}

/// A transaction under way.
struct Transaction: Tables {
    let database: Database
    let outbox: Outbox
    let inbox: Inbox
    let changes: RunChanges
    let deadlines: Signal
    let now: Timestamp
    /// Whose it is, of whom it has been looked at in it whether they still may do what they do.
    let actor: String?

    /// Notes a message.
    /// - Returns: `false` if it was noted before: its effect has taken place.
    func accept(_ id: MessageID) throws -> Bool { try inbox.accept(id, now: now, in: database) }

    /// Sends a message with this transaction's commit.
    func send(_ message: some Message, to queue: Queue? = nil, id: MessageID = .make(), run: RunID?) throws {
        try outbox.append(PreparedMessage(message, to: queue, id: id, run: run), now: now, in: database)
    }

    /// Sends a message once more, as it was.
    func resend(_ message: PreparedMessage) throws { try outbox.append(message, now: now, in: database) }

    /// Takes away a message that was to be sent and that nobody here can read.
    func forget(_ row: UnreadableMessage) throws { try outbox.remove(row.sequence, in: database) }

    /// Emits an event with this transaction's commit; those of one run keep their order.
    func emit(_ event: CloudEvent, run: RunID?) throws {
        try outbox.append(PreparedMessage(event: event, run: run), key: run?.rawValue, now: now, in: database)
    }

    /// Forgets some of the message ids that are too old to come again.
    /// - Returns: how many it were.
    func pruneInbox(now: Timestamp) throws -> Int { try inbox.prune(now: now, in: database) }

    /// Counts what has happened, once it is committed.
    func count(_ measure: Measure, _ value: String) {
        afterCommit { measure.counter(value).increment() }
    }

    /// Tells those who watch the run, once it is committed.
    func changed(_ run: RunID, of repository: RepositoryPath) {
        afterCommit { [changes] in changes.changed(run, of: repository) }
    }

    /// Has all rollouts looked at again that somebody has approved and that wait all the same, once it is committed: whose
    /// approval counts has changed.
    func approversChanged() throws {
        guard try jobs.open(approvedAt: now) > 0 else { return }
        afterCommit { [deadlines] in deadlines.wake() }
    }

    /// Has it looked at what is due next, once it is committed; other processes of the service look every minute.
    func deadlinesChanged() { afterCommit { [deadlines] in deadlines.wake() } }

    /// Tells those who watch runs that what these wait for may have changed, once it is committed.
    func waitsChanged() { afterCommit { [changes] in changes.waitsChanged() } }

    func afterCommit(_ body: @escaping @Sendable () -> Void) { database.afterCommit(body) }
}
