import Contracts
import FoundationEssentials
import Messaging

@testable import Storage

/// A store in a directory of its own, gone with the test.
func withStore<Value>(
    migrations: [Migration] = [Inbox.migration, Outbox.migration],
    _ body: (Store, _ directory: String) async throws -> Value
) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("storage-\(RunID.make())").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    do {
        let store = try Store.open(at: directory + "/service.sqlite", migrations: migrations)
        let value = try await body(store, directory)
        try store.close()
        try FileManager.default.removeItem(atPath: directory)
        return value
    } catch {
        try FileManager.default.removeItem(atPath: directory)
        throw error
    }
}

func message(_ id: String) -> PreparedMessage {
    PreparedMessage(
        id: MessageID(rawValue: id), type: "Tested", version: 1, exchange: "slipway", routingKey: "q", body: "{}")
}
