import Subprocess
import SystemPackage

/// RabbitMQ's management HTTP API, by way of curl: what makes and inspects the test's world shares no code with what is
/// tested.
public struct ManagementAPI: Sendable {
    private let url: String

    /// - Parameter url: `http://user:password@host:port`.
    public init(url: String) {
        self.url = url
    }

    /// Sends a request and returns the answer's body.
    @discardableResult
    public func send(_ method: String, _ path: String, body: String? = nil) async throws -> String {
        var arguments = ["-sS", "--fail-with-body", "--max-time", "30", "-X", method, url + path]
        if let body { arguments += ["-H", "content-type: application/json", "-d", body] }
        return try await runTool("curl", arguments)
    }
}

/// Runs a program to its end and returns what it wrote.
///
/// - Throws: A ``TestFailure`` with what it wrote when it fails.
@discardableResult
public func runTool(_ name: String, _ arguments: [String]) async throws -> String {
    let executable: Executable = name.contains("/") ? .path(FilePath(name)) : .name(name)
    let result = try await run(
        executable, arguments: Arguments(arguments), output: .string(limit: 8 << 20), error: .string(limit: 1 << 20))
    let output = result.standardOutput
    guard case .exited(0) = result.terminationStatus else {
        throw TestFailure("\(name) ended with \(result.terminationStatus): \(output)\(result.standardError)")
    }
    return output
}
