import FoundationEssentials
public import SystemPackage

/// A RabbitMQ node of a test's own, to kill, to starve or to configure as it likes.
public struct PrivateBroker: Sendable {
    public let port: Int
    public let directory: FilePath

    /// The broker's URL, without a virtual host.
    public var url: String { "amqp://guest:guest@127.0.0.1:\(port)" }

    public var management: ManagementAPI { ManagementAPI(url: "http://guest:guest@127.0.0.1:\(port + 10000)") }

    /// Starts a node for the time of `body`.
    ///
    /// - Parameter prepare: Writes what the node's configuration refers to into the node's directory and returns lines
    ///   to add to its configuration.
    public static func with<Result>(
        isolation: isolated (any Actor)? = #isolation,
        prepare: (_ directory: FilePath, _ port: Int) async throws -> String = { _, _ in "" },
        _ body: (PrivateBroker) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { directory in
            let port = try LoopbackPort.free(with: [1, 10_000, 11_000, 20_000, 21_000])
            let broker = PrivateBroker(port: port, directory: directory)
            try await broker.configure(try await prepare(directory, port))
            do {
                try await broker.start()
                let result = try await body(broker)
                try await broker.kill()
                return result
            } catch {
                // What the test threw says more than that the node could not be ended.
                _ = try? await broker.kill()
                throw error
            }
        }
    }

    /// Starts the node, or starts it again.
    public func start() async throws {
        try await rig("up", "\(port)")
    }

    /// Ends the node as a crash would.
    public func kill() async throws {
        try await rig("kill")
    }

    /// Whether the node's file of quorum queues, which it writes every half second, names one as `virtual-host_queue`.
    public func remembers(_ queue: String) throws -> Bool {
        let node = "slipway\(port)@localhost"
        let file = directory.appending("data/\(node)/quorum/\(node)/names.dets")
        return try Data(contentsOf: URL(filePath: file.string)).firstRange(of: Data(queue.utf8)) != nil
    }

    /// Runs `rabbitmqctl` for the node.
    @discardableResult
    public func control(_ arguments: String...) async throws -> String {
        try await runTool(Self.script, ["control", directory.string] + arguments)
    }

    private func rig(_ action: String, _ arguments: String...) async throws {
        try await runTool(Self.script, [action, directory.string] + arguments)
    }

    private func configure(_ lines: String) async throws {
        let configuration = """
            listeners.tcp.1 = 127.0.0.1:\(port)
            management.tcp.ip = 127.0.0.1
            management.tcp.port = \(port + 10000)
            prometheus.tcp.ip = 127.0.0.1
            prometheus.tcp.port = \(port + 11000)
            \(lines)

            """
        try writeFile(directory.appending("rabbitmq.conf"), configuration)
    }

    /// The script that starts nodes: beside this file's directory, where the tests were built.
    private static let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Rig").appending("rabbitmq").string
}

/// Writes a file, replacing what it held.
public func writeFile(_ path: FilePath, _ text: String) throws {
    let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
}
