import SystemPackage

/// A PostgreSQL server of a test's own, to kill as it likes.
public struct PrivatePostgreSQL: Sendable {
    /// The database's address, with its password.
    public let url: String
    private let port: Int
    private let directory: FilePath
    private static let password = "swordfish"

    /// Starts a server for the time of `body`.
    public static func with<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (PrivatePostgreSQL) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { directory in
            // Root's server runs as another user, who has to get to its files.
            try await runTool("chmod", ["o+x", directory.string])
            let port = try LoopbackPort.free()
            let server = PrivatePostgreSQL(
                url: "postgres://slipway:\(password)@127.0.0.1:\(port)/slipway", port: port,
                directory: directory.appending("postgresql"))
            do {
                try await server.start()
                let result = try await body(server)
                try await server.rig("down")
                return result
            } catch {
                // What the test threw says more than that the server could not be stopped.
                _ = try? await server.rig("down")
                throw error
            }
        }
    }

    /// Starts the server, or starts it again.
    public func start() async throws { try await rig("up", "\(port)") }

    /// Ends the server and its sessions as a crash would.
    public func kill() async throws { try await rig("kill") }

    /// Stops the server and its sessions where they are: connections stay, and nothing answers any more.
    public func freeze() async throws { try await rig("freeze") }

    /// Lets a frozen server go on.
    public func thaw() async throws { try await rig("thaw") }

    private func rig(_ action: String, _ arguments: String...) async throws {
        let command = "echo \(Self.password) | \"$0\" \"$@\""
        try await runTool("sh", ["-c", command, Self.script, action, directory.string] + arguments)
    }

    /// The script that starts servers: beside this file's directory, where the tests were built.
    private static let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Rig").appending("postgresql").string
}
