import Subprocess
import SystemPackage
import TestSupport

/// The program under test, as a process.
struct DeployerProgram: Sendable {
    private let identifier: ProcessIdentifier
    private let task: Task<TerminationStatus, any Error>

    static func start(_ environment: [String: String], log: FilePath) async throws -> DeployerProgram {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let programs = TestEnvironment.optional("SLIPWAY_TEST_PROGRAMS") ?? root.appending(".build/debug").string
        let (started, began) = AsyncStream.makeStream(of: ProcessIdentifier.self)
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        let given = variables
        let output = try FileDescriptor.open(
            log, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
        let task = Task {
            defer { began.finish() }
            return try await run(
                .path(FilePath("\(programs)/deployer")), environment: .custom(given), input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution in
                began.yield(execution.processIdentifier)
            }.terminationStatus
        }
        for await identifier in started { return DeployerProgram(identifier: identifier, task: task) }
        _ = try await task.value
        throw TestFailure("the deployer did not start")
    }

    func signal(_ name: String) async throws {
        try await runTool("kill", ["-\(name)", "\(identifier.value)"])
    }

    func exit() async throws -> TerminationStatus { try await task.value }
}
