import Subprocess
import SystemPackage
import TestSupport

/// One of Slipway's executables, running for real: started, killed and started again.
actor ServiceProcess {
    let name: String
    private let program: FilePath
    private let environment: [String: String]
    private let log: FilePath
    private var running: (execution: ProcessIdentifier, task: Task<TerminationStatus, any Error>)?

    init(name: String, program: FilePath, environment: [String: String], log: FilePath) {
        self.name = name
        self.program = program
        self.environment = environment
        self.log = log
    }

    /// Starts the program; returns when it runs, not when it is ready.
    func start() async throws {
        let output = try FileDescriptor.open(
            log, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
        let (started, began) = AsyncStream<ProcessIdentifier>.makeStream()
        let program = program
        let environment = environment
        let task = Task {
            defer { began.finish() }
            return try await run(
                .path(program), environment: .custom(Self.variables(environment)), input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution in
                began.yield(execution.processIdentifier)
            }.terminationStatus
        }
        for await identifier in started {
            running = (identifier, task)
            return
        }
        _ = try await task.value
        throw TestFailure("\(name) did not start; see \(log)")
    }

    private static func variables(_ values: [String: String]) -> [Environment.Key: String] {
        var variables: [Environment.Key: String] = [:]
        for (name, value) in values {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        return variables
    }

    /// Ends it without a warning, as a crash or the kernel would, and waits until it is gone.
    func kill() async throws {
        try await end("-KILL")
    }

    /// Asks it to end and waits until it has.
    func stop() async throws {
        try await end("-TERM")
    }

    private func end(_ signal: String) async throws {
        guard let running else { return }
        self.running = nil
        // It may have ended by itself.
        _ = try? await runTool("kill", [signal, "\(running.execution.value)"])
        _ = try await running.task.value
    }

    /// The last lines of its log, for a failure's text.
    func tail(_ lines: Int = 40) async -> String {
        (try? await runTool("tail", ["-n", "\(lines)", log.string])) ?? "no log"
    }
}
