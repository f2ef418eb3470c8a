import Contracts
import Messaging
import SystemPackage
import TestSupport

@testable import Storage

/// A store in its own database, gone with the test.
func withStore<Value>(
    migrations: [Migration] = [Inbox.migration, Outbox.migration],
    _ body: (Store, TestDatabase) async throws -> Value
) async throws -> Value {
    try await withTemporaryDirectory { directory in
        let database = try await TestDatabase.make(in: directory.string)
        let store = try await database.open(migrations)
        do {
            let value = try await body(store, database)
            try await store.close()
            try await database.remove()
            return value
        } catch {
            try await store.close()
            try await database.remove()
            throw error
        }
    }
}

func message(_ id: String) -> PreparedMessage {
    PreparedMessage(
        id: MessageID(rawValue: id), type: "Tested", version: 1, exchange: "slipway", routingKey: "q", body: "{}")
}
