import Subprocess
public import SystemPackage

/// One of Slipway's executables, running for real.
public struct ServiceProgram: Sendable {
    private let identifier: ProcessIdentifier
    private let task: Task<TerminationStatus, any Error>

    /// Where the executables are that were built with the tests, or those of `SLIPWAY_TEST_PROGRAMS`.
    public static var folder: FilePath {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        return TestEnvironment.optional("SLIPWAY_TEST_PROGRAMS").map { FilePath($0) }
            ?? root.appending(".build").appending("debug")
    }

    /// Starts a program; returns when it runs, not when it is ready.
    /// - Parameters:
    ///   - environment: all it gets.
    ///   - arguments: what is typed after its name.
    ///   - log: what it says is appended there.
    public static func start(
        _ name: String, _ environment: [String: String], _ arguments: [String] = [], log: FilePath
    ) async throws -> ServiceProgram {
        try await start(path: folder.appending(name), environment, arguments, log: log)
    }

    /// Starts a program of others; returns when it runs, not when it is ready.
    public static func start(
        path: FilePath, _ environment: [String: String], _ arguments: [String] = [], log: FilePath
    ) async throws -> ServiceProgram {
        let given = variables(environment)
        let output = try FileDescriptor.open(
            log, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
        let (started, began) = AsyncStream.makeStream(of: ProcessIdentifier.self)
        let task = Task {
            defer { began.finish() }
            return try await run(
                .path(path), arguments: Arguments(arguments), environment: .custom(given),
                input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution in
                began.yield(execution.processIdentifier)
            }.terminationStatus
        }
        for await identifier in started { return ServiceProgram(identifier: identifier, task: task) }
        _ = try await task.value
        throw TestFailure("\(path) did not start; build it with swift build --build-tests; see \(log)")
    }

    /// Runs a program to its end.
    /// - Parameter environment: all it gets.
    public static func output(
        of name: String, _ arguments: [String], _ environment: [String: String]
    ) async throws -> ProgramOutput {
        let result = try await run(
            .path(folder.appending(name)), arguments: Arguments(arguments),
            environment: .custom(variables(environment)), input: .none, output: .string(limit: 8 << 20),
            error: .string(limit: 1 << 20))
        return ProgramOutput(
            status: ServiceExit(result.terminationStatus), output: result.standardOutput,
            errors: result.standardError)
    }

    private static func variables(_ environment: [String: String]) -> [Environment.Key: String] {
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        return variables
    }

    /// - Parameter name: such as `TERM`.
    public func signal(_ name: String) async throws {
        try await runTool("kill", ["-\(name)", "\(identifier.value)"])
    }

    /// Waits for its end.
    public func exit() async throws -> ServiceExit { ServiceExit(try await task.value) }
}

/// How a program ended.
public enum ServiceExit: Sendable, Equatable {
    case exited(Int32)
    case signaled(Int32)

    init(_ status: TerminationStatus) {
        self =
            switch status {
            case .exited(let code): .exited(code)
            case .signaled(let signal): .signaled(signal)
            }
    }
}

/// What a program has said that ran to its end.
public struct ProgramOutput: Sendable {
    public let status: ServiceExit
    public let output: String
    public let errors: String
}
