import Glibc
public import Logging
import Subprocess
import Synchronization
public import SystemPackage
import Threading

/// Runs the commands of steps as processes of this machine, each in its own session.
///
/// A step's processes end with it: those it left in the background, and those that left its session too.
public struct ProcessRunner: Sendable {
    private let worker: String
    private let grace: Duration
    private let memoryKills: MemoryKills
    private let logger: Logger
    private let searchPath: String

    /// - Parameters:
    ///   - worker: The worker's name; it marks the processes.
    ///   - grace: How long a cancelled step has between SIGTERM and SIGKILL.
    ///   - memoryKills: What tells that memory ran out.
    public init(
        worker: String, grace: Duration = .seconds(10),
        memoryKills: MemoryKills = .ofThisProcess(), logger: Logger
    ) {
        self.worker = worker
        self.grace = grace
        self.memoryKills = memoryKills
        self.logger = logger
        self.searchPath =
            getenv("PATH").map { String(cString: $0) }
            ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    /// Ends what a worker of this name left running when it was killed.
    public func collectLeftovers() async {
        await ProcessSweep.end(ProcessMark(worker: worker), grace: .zero)
    }

    /// Ends what is left of one attempt of a job.
    public func collectLeftovers(job: String, attempt: Int) async {
        await ProcessSweep.end(ProcessMark(worker: worker, job: job, attempt: attempt), grace: .zero)
        await Orphans.ofThisProgram.end()
    }

    /// Runs the command to its end, its output and errors going to the log in the order they were written.
    ///
    /// When the task is cancelled the step's processes get SIGTERM, after the grace SIGKILL, and the outcome is
    /// ``ProcessOutcome/stopped(_:)`` unless the first of them had ended before.
    /// - Parameters:
    ///   - scratch: An existing directory for the script and the home directory, not the steps' workspace.
    ///   - advice: What to do where processes are left running when the commands are done, for the log; they end
    ///     with the step. `nil`: nothing is said of them.
    /// - Throws: ``ProcessRunnerError`` where the command does not begin; how it ended is in the outcome.
    public func run(
        _ command: ShellCommand, scratch: FilePath, job: String, attempt: Int, advice: String? = nil, log: some StepLog
    ) async throws(ProcessRunnerError) -> ProcessOutcome {
        guard Self.isDirectory(command.workingDirectory) else {
            throw ProcessRunnerError(
                .workingDirectory, CommandScript.missing(directory: command.workingDirectory.string))
        }
        if command.user != nil { try Self.check(CommandScript.interpreter(command.shell)) }
        let number = UInt64.random(in: .min ... .max)
        let mark = ProcessMark(worker: worker, job: job, attempt: attempt).step(number)
        let files = try StepFiles(directory: scratch, number: number, command: command)
        let result: Result<ProcessOutcome, ProcessRunnerError>
        do {
            result = .success(
                try await run(command, mark, files, job: "\(job).\(attempt)", advice: advice, log: log))
        } catch {
            result = .failure(error)
        }
        await files.remove(logger)
        return try result.get()
    }

    private func run(
        _ command: ShellCommand, _ mark: ProcessMark, _ files: StepFiles, job: String, advice: String?,
        log: some StepLog
    ) async throws(ProcessRunnerError) -> ProcessOutcome {
        let session = ProcessSession(mark: mark, grace: grace, looksForLeft: advice != nil)
        let killed = memoryKills.count()
        let configuration = configuration(command, mark, files, job: job)
        // A separate task: in a cancelled one the reading would stop while the processes still end and speak.
        let task = Task { try await Self.supervise(configuration, session, log) }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            session.stop()
        }
        let hasLeft = await session.close()
        let hasHidden = await files.line.cut()
        let wereOrphans = await Orphans.ofThisProgram.end()
        if let advice, hasLeft || hasHidden || wereOrphans {
            await log.line("what the commands left running in the background was ended with the step; \(advice)")
        }
        let outcome: ProcessOutcome
        switch result {
        case .success(.exited(let code)) where session.wasStopped: return .stopped(code)
        case .success(.signaled(let signal)) where session.wasStopped: return .stopped(128 + signal)
        case .success(.exited(let code)):
            let reason = code == 0 ? nil : files.script.reason()
            outcome = reason.map { .refused(code, $0) } ?? .exited(code)
        case .success(.signaled(let signal)): outcome = .killed(signal: signal)
        case .failure(let error): throw Self.explain(error, command)
        }
        guard let killed, let now = memoryKills.count(), now > killed else { return outcome }
        let words =
            "out of memory: while the step ran the kernel killed \(now - killed) of this worker's processes, perhaps the step's"
        // Also where the step went on without that process: whether its work is any good nobody knows.
        guard outcome.exitCode == 128 + SIGKILL else {
            await log.line(words)
            return outcome
        }
        return .refused(outcome.exitCode, words)
    }

    private func configuration(
        _ command: ShellCommand, _ mark: ProcessMark, _ files: StepFiles, job: String
    ) -> Subprocess.Configuration {
        var environment: [Environment.Key: String] = [
            "PATH": searchPath, "HOME": files.home.string, "LANG": "C.UTF-8",
        ]
        for (name, value) in command.environment where Self.isName(name) && !value.utf8.contains(0) {
            environment[Environment.Key(rawValue: name) ?? "_"] = value
        }
        environment["SLIPWAY_JOB"] = job
        environment[Environment.Key(rawValue: ProcessMark.variable) ?? "_"] = mark.text
        var options = PlatformOptions()
        options.createSession = true
        if let user = command.user {
            options.userID = user.id
            options.groupID = user.id
            options.supplementaryGroups = user.groups
        }
        let shell = CommandScript.interpreter(command.shell)
        return Subprocess.Configuration(
            executable: .path(FilePath(command.user == nil ? shell : Self.setpriv ?? shell)),
            arguments: Arguments(
                (command.user == nil ? [] : ["--no-new-privs", "--", shell]) + [CommandScript.fileName]),
            environment: .custom(environment),
            // The script goes on from there to the command's own, see ``CommandScript``.
            workingDirectory: files.script.folder, platformOptions: options)
    }

    private static func supervise(
        _ configuration: Subprocess.Configuration, _ session: ProcessSession, _ log: some StepLog
    ) async throws -> TerminationStatus {
        try await Orphans.ofThisProgram.child(isStep: true) { started in
            let result = try await Subprocess.run(
                configuration, input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                let process = execution.processIdentifier.value
                started(process)
                session.started(process)
                var swept = false
                for try await buffer in execution.standardOutput {
                    await log.write(buffer.withUnsafeBytes { Array($0) })
                    // The shell is gone and something it left still writes: it would do so for ever.
                    if !swept, ProcessTable.hasEnded(process) {
                        swept = true
                        session.stopNow()
                    }
                }
            }
            return result.terminationStatus
        }
    }

    /// What gives up, for a program and all that it runs, the rights that files with the set-uid bit would give them.
    private static let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first { (path: String) in access(path, X_OK) == 0
    }

    /// - Throws: ``ProcessRunnerError`` where a shell cannot be run as another user.
    private static func check(_ shell: String) throws(ProcessRunnerError) {
        guard setpriv != nil else {
            throw ProcessRunnerError(
                .spawn, "steps run as other users with setpriv, which this builder's machine lacks; install util-linux")
        }
        guard access(shell, F_OK) == 0 else {
            throw ProcessRunnerError(.spawn, "this builder's machine has no \(shell)")
        }
    }

    private static func isDirectory(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") }
    }

    private static func explain(_ error: any Error, _ command: ShellCommand) -> ProcessRunnerError {
        guard let error = error as? SubprocessError else {
            return ProcessRunnerError(.supervision, "the step's process could not be watched", cause: error)
        }
        switch error.code {
        case .spawnFailed, .executableNotFound:
            let shell = CommandScript.interpreter(command.shell)
            if access(shell, F_OK) != 0 {
                return ProcessRunnerError(.spawn, "this builder's machine has no \(shell)")
            }
            return ProcessRunnerError(.spawn, "\(shell) could not be started", cause: error)
        default:
            return ProcessRunnerError(.supervision, "the step's process could not be watched", cause: error)
        }
    }
}
