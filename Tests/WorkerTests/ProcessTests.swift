import Glibc
import Logging
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// A log kept in memory.
final class MemoryLog: StepLog {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    func write(_ new: [UInt8]) async { bytes.withLock { $0 += new } }
}

@Suite(.timeLimit(.minutes(1))) struct ProcessRunnerTests {
    private func run(
        _ commands: [String], environment: [String: String] = [:], grace: Duration = .seconds(5),
        log: MemoryLog = MemoryLog(), worker: String = "test-\(UInt64.random(in: .min ... .max))",
        limits: ShellCommand.Limits = .init(), advice: String? = nil, stopAfter: Duration? = nil
    ) async throws -> (outcome: ProcessOutcome, log: String, left: [pid_t]) {
        try await withTemporaryDirectory { directory in
            let runner = ProcessRunner(
                worker: worker, grace: grace, logger: Logger(label: "test"))
            let command = ShellCommand(
                commands: commands, environment: environment, workingDirectory: directory, limits: limits)
            let task = Task {
                try await runner.run(command, scratch: directory, job: "job", attempt: 1, advice: advice, log: log)
            }
            if let stopAfter {
                try await Task.sleep(for: stopAfter)
                task.cancel()
            }
            let outcome = try await task.value
            return (outcome, log.text, ProcessTable.find(ProcessMark(worker: worker)))
        }
    }

    @Test func echoesAndRunsEachCommand() async throws {
        let result = try await run(["echo one", "echo two >&2", "echo three"])
        #expect(result.outcome == .exited(0))
        #expect(result.log == "+ echo one\none\n+ echo two >&2\ntwo\n+ echo three\nthree\n")
    }

    @Test func stopsAtTheFirstThatFails() async throws {
        let result = try await run(["echo one", "exit 7", "echo never"])
        #expect(result.outcome == .exited(7))
        #expect(result.outcome.reason == "exit code 7")
        #expect(!result.log.contains("never"))
    }

    @Test func readingStandardInputEatsNoCommand() async throws {
        let result = try await run(["cat", "echo still here"])
        #expect(result.log == "+ cat\n+ echo still here\nstill here\n")
    }

    @Test func seesOnlyItsOwnEnvironment() async throws {
        setenv("SLIPWAY_TEST_LEAK", "secret", 1)
        let result = try await run(["env"], environment: ["COLOR": "red", "BAD=NAME": "x", "NUL": "a\0b"])
        #expect(result.log.contains("COLOR=red\n"))
        #expect(result.log.contains("SLIPWAY_JOB=job.1\n"))
        #expect(!result.log.contains("SLIPWAY_TEST_LEAK"))
        #expect(!result.log.contains("BAD"))
        #expect(!result.log.contains("NUL"))
    }

    @Test func aSignalIsTold() async throws {
        let result = try await run(["kill -SEGV $$"])
        #expect(result.outcome == .killed(signal: SIGSEGV))
        #expect(result.outcome.exitCode == 139)
    }

    @Test func manyBytesComeWhole() async throws {
        let result = try await run(["yes 0123456789abcde | head -c 20000000"])
        #expect(result.outcome == .exited(0))
        #expect(result.log.utf8.count == 20_000_000 + "+ yes 0123456789abcde | head -c 20000000\n".utf8.count)
    }

    @Test func whatIsLeftInTheBackgroundIsToldWhereThereIsAdvice() async throws {
        let words = "what the commands left running in the background was ended with the step; keep it elsewhere"
        let left = try await run(["setsid sleep 1000 >/dev/null 2>&1 &", "true"], advice: "keep it elsewhere")
        #expect(left.outcome == .exited(0))
        #expect(left.log.contains(words))
        #expect(left.left == [])
        #expect(!(try await run(["true"], advice: "keep it elsewhere").log.contains(words)))
    }

    @Test(.timeLimit(.minutes(5))) func whatIsLeftInTheBackgroundEndsWithTheStep() async throws {
        let result = try await run(["sleep 1000 &", "setsid sleep 1000 &", "echo done"])
        #expect(result.outcome == .exited(0))
        #expect(result.left == [])
    }

    @Test(.timeLimit(.minutes(5))) func aNoisyOneInTheBackgroundDoesNotKeepTheStep() async throws {
        let result = try await run(["yes &", "sleep 0.05"])
        #expect(result.outcome == .exited(0))
        #expect(result.left == [])
    }

    @Test func outOfMemoryIsSaidAlsoWhereTheStepGoesOn() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("memory.events")
            let command = ShellCommand(
                commands: ["printf 'oom 1\\noom_kill %s\\n' $KILLS > \(file)"], environment: ["KILLS": "2"],
                workingDirectory: directory)
            _ = try await runTool("sh", ["-c", "echo oom_kill 0 > \(file)"])
            let runner = ProcessRunner(
                worker: "test", memoryKills: MemoryKills(file: file), logger: Logger(label: "test"))
            let logs = [MemoryLog(), MemoryLog()]
            for log in logs {
                #expect(try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: log) == .exited(0))
            }
            #expect(
                logs[0].text.hasSuffix(
                    "\nout of memory: while the step ran the kernel killed 2 of this worker's "
                        + "processes, perhaps the step's\n"), "\(logs[0].text)")
            #expect(!logs[1].text.contains("out of memory"))
            // It is why the step failed where the kernel's signal ended it.
            var last = command
            last.commands.append("sh -c 'kill -9 $PPID'")
            last.environment["KILLS"] = "3"
            let end = try await runner.run(last, scratch: directory, job: "j", attempt: 1, log: MemoryLog())
            #expect(end.exitCode == 137 && end.reason?.hasPrefix("out of memory: ") == true, "\(end)")
        }
    }

    @Test func theKernelsCountIsFoundInBothVersionsOfItsGroups() {
        #expect(
            MemoryKills.candidates("12:cpu,memory:/docker/0f\n3:pids:/x\n0::/user.slice/a:b\n") == [
                "/sys/fs/cgroup/memory/docker/0f/memory.oom_control", "/sys/fs/cgroup/memory/memory.oom_control",
                "/sys/fs/cgroup/user.slice/a:b/memory.events", "/sys/fs/cgroup/memory.events",
            ])
        #expect(MemoryKills(file: "/nowhere").count() == nil)
    }

    @Test func aShellThatIsNotThereIsNamed() async throws {
        try await withTemporaryDirectory { directory in
            let runner = ProcessRunner(worker: "test", logger: Logger(label: "test"))
            let command = ShellCommand(commands: ["true"], shell: "nosh", environment: [:], workingDirectory: "/")
            let error = await #expect(throws: ProcessRunnerError.self) {
                try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: MemoryLog())
            }
            #expect(error?.code == .spawn)
            #expect(error?.message == "this builder's machine has no /bin/nosh")
        }
    }

    @Test func cancellationAsksFirst() async throws {
        let result = try await run(
            ["trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done"], stopAfter: .milliseconds(300))
        #expect(result.outcome == .stopped(3))
        #expect(result.log.contains("ready\n"))
        #expect(result.log.contains("bye\n"))
    }

    @Test(.timeLimit(.minutes(5))) func cancellationThenKillsWhatDoesNotListenWhereverItWent() async throws {
        let result = try await run(
            ["trap '' TERM", "setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" & while :; do sleep 1; done"],
            grace: .milliseconds(200), stopAfter: .milliseconds(300))
        #expect(result.outcome == .stopped(137))
        #expect(result.left == [])
    }

    @Test func aProgramThatEndsWellWhenItIsStoppedWasStopped() async throws {
        for command in ["trap 'exit 0' TERM; while :; do sleep 0.01; done", "trap 'exit 78' TERM; sleep 100"] {
            let result = try await run([command], stopAfter: .milliseconds(300))
            #expect(!result.outcome.isSuccess)
            #expect(StepResult(result.outcome).wasStopped)
        }
    }

    /// What it came to is known then, though its output is still read.
    @Test func aStopAfterTheEndComesTooLate() async throws {
        let session = ProcessSession(mark: ProcessMark(worker: "test-none"), grace: .zero)
        var child = pid_t()
        try #require(posix_spawn(&child, "/bin/true", nil, nil, [nil], nil) == 0)
        session.started(child)
        try await eventually { ProcessTable.hasEnded(child) }
        session.stop()
        #expect(!session.wasStopped)
        waitpid(child, nil, 0)
    }

    @Test func leftoversOfAKilledWorkerAreFoundByItsName() async throws {
        try await withTemporaryDirectory { directory in
            let name = "test-\(UInt64.random(in: .min ... .max))"
            let mark = ProcessMark(worker: name, job: "j", attempt: 1)
            try await runTool(
                "sh", ["-c", "\(ProcessMark.variable)=\(mark.text)1/ setsid sleep 1000 >/dev/null 2>&1 &"])
            // Until it runs another program it has the shell's environment.
            try await eventually { ProcessTable.find(ProcessMark(worker: name)).count == 1 }
            #expect(ProcessTable.find(ProcessMark(worker: name, job: "j", attempt: 2)).isEmpty)
            let runner = ProcessRunner(worker: name, logger: Logger(label: "test"))
            await runner.collectLeftovers()
            #expect(ProcessTable.find(ProcessMark(worker: name)).isEmpty)
        }
    }

    @Test func limitsHold() async throws {
        let result = try await run(["ulimit -n", "ulimit -c"], limits: .init(openFiles: 77))
        #expect(result.log == "+ ulimit -n\n77\n+ ulimit -c\n0\n")
    }

    @Test func aWorkingDirectoryThatIsNotThereIsNamed() async throws {
        try await withTemporaryDirectory { directory in
            let runner = ProcessRunner(worker: "test", logger: Logger(label: "test"))
            let command = ShellCommand(commands: ["true"], environment: [:], workingDirectory: "/nowhere/at/all")
            let error = await #expect(throws: ProcessRunnerError.self) {
                try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: MemoryLog())
            }
            #expect(error?.code == .workingDirectory)
            #expect(error?.message.contains("/nowhere/at/all") == true)
        }
    }

    @Test func nothingIsLeftInTheScratch() async throws {
        try await withTemporaryDirectory { directory in
            let scratch = directory.appending("scratch")
            try FileTree.make(scratch)
            let runner = ProcessRunner(worker: "test", logger: Logger(label: "test"))
            let command = ShellCommand(
                commands: ["mkdir -p ~/deep/er", "touch ~/deep/er/file", "chmod 0 ~/deep", "ln -s / ~/root"],
                environment: [:], workingDirectory: directory)
            let outcome = try await runner.run(command, scratch: scratch, job: "j", attempt: 1, log: MemoryLog())
            #expect(outcome == .exited(0))
            #expect(try await runTool("ls", ["-A", scratch.string]) == "")
        }
    }
}
