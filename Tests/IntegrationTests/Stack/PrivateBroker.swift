import FoundationEssentials
import SystemPackage
import TestSupport

/// A RabbitMQ node of a test's own, which it may kill.
struct PrivateBroker: Sendable {
    let url: String
    private let directory: FilePath

    static func with(_ body: (PrivateBroker) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let port = freePorts()
            let broker = PrivateBroker(url: "amqp://guest:guest@127.0.0.1:\(port)", directory: directory)
            try await broker.rig(["up", directory.string, "\(port)"])
            do {
                try await body(broker)
            } catch {
                _ = try? await broker.rig(["kill", directory.string])
                throw error
            }
            try await broker.rig(["kill", directory.string])
        }
    }

    /// SIGKILL, then up again on what was on disk.
    func restart() async throws {
        try await rig(["restart", directory.string])
    }

    private func rig(_ arguments: [String]) async throws {
        let script = SourceTree.root.appending("Tests/Rig/rabbitmq").string
        try await runTool(script, arguments)
    }

    /// The node's management and distribution ports follow from this one: 10,000 and 20,000 above it.
    private static func freePorts() -> Int { Int.random(in: 6000...9000) }
}
