import Glibc
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// Processes that try to outlive their step or their job, on a machine where this user may do something about it.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: geteuid() == 0, "root alone runs steps as other users"))
struct ProcessUserTests {
    @Test("what runs as a user of its own belongs to nobody else, and reads nothing of the worker")
    func aUserOfItsOwn() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.makeTraversable(directory)
            let user = try #require(ProcessUser(22_001))
            let secret = directory.appending("key").string
            _ = try await runTool("sh", ["-c", "umask 077; echo hidden > \(secret)"])
            let command = ShellCommand(
                commands: [
                    "id -u; id -G", "cd; echo mine > file; cat file",
                    "! cat \(secret)", "! cat /proc/\(getpid())/environ", "! ls /proc/\(getpid())/fd",
                ], environment: [:], workingDirectory: "/", user: user)
            let log = MemoryLog()
            let runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            let outcome = try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: log)
            #expect(outcome == .exited(0), "\(log.text)")
            #expect(log.text.contains("22001\n22001\n"), "\(log.text)")
            #expect(!log.text.contains("hidden"))
        }
    }

    @Test("a program with the set-uid bit of root gives its user nothing")
    func noRightsByAFile() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.makeTraversable(directory)
            let user = try #require(ProcessUser(22_006))
            let program = directory.appending("who")
            _ = try await runTool("sh", ["-c", "cp $(readlink -f $(command -v id)) \(program); chmod 4755 \(program)"])
            let command = ShellCommand(
                commands: ["\(program) -u"], environment: [:], workingDirectory: "/", user: user)
            let log = MemoryLog()
            let runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            let outcome = try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: log)
            #expect(outcome == .exited(0), "\(log.text)")
            #expect(log.text.hasSuffix("\n22006\n"), "\(log.text)")
        }
    }

    @Test func aShellThatIsMissingIsNamedToAUserToo() async throws {
        try await withTemporaryDirectory { directory in
            let user = try #require(ProcessUser(22_007))
            let command = ShellCommand(
                commands: ["true"], shell: "/bin/no-such-shell", environment: [:], workingDirectory: "/",
                user: user)
            let runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            let error = await #expect(throws: ProcessRunnerError.self) {
                try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: MemoryLog())
            }
            #expect("\(error, default: "")".contains("this builder's machine has no /bin/no-such-shell"))
        }
    }

    @Test("whatever a job starts ends with it: without its marks, in another session, as fast as it can")
    func nothingOutlivesTheUser() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.makeTraversable(directory)
            let users = ProcessUsers(22_002...22_003, folder: directory)
            let user = try #require(await users.take())
            let seconds = "98\(UInt32.random(in: 10_000...99_999))"
            let file = FilePath("/tmp/slipway-left-\(seconds)")
            // Neither by their mark nor by what they hold is any of these found.
            let script = """
                touch \(file); env -i setsid sleep \(seconds) & while :; do env -i setsid sh -c : & sleep 0.01; done
                """
            let runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            let command = ShellCommand(
                commands: [
                    "env -i setsid sh -c '\(script)' > /dev/null 2>&1 9>&- &", "while ! [ -e \(file) ]; do :; done",
                ],
                environment: [:], workingDirectory: "/", user: user)
            #expect(
                try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: MemoryLog()) == .exited(0))
            #expect(await users.release(user, within: .seconds(60)))
            #expect(ProcessTable.find(user).isEmpty)
            #expect(try await !isSleeping(seconds))
            #expect(file.withPlatformString { access($0, F_OK) } != 0)
            // Both are there again.
            let both = [await users.take(), await users.take()]
            #expect(Set(both.compactMap { $0?.id }) == [22_002, 22_003])
            #expect(await users.take() == nil)
        }
    }

    @Test("what a job leaves where everybody may write goes with it, whatever its name and wherever it is")
    func nothingOfTheUserIsLeft() async throws {
        try await withTemporaryDirectory { directory in
            let users = ProcessUsers(22_015...22_015, folder: directory)
            let user = try #require(await users.take())
            let name = "slipway-test-\(UInt32.random(in: 0 ... .max))"
            let script = """
                mkdir -m 1777 /tmp/\(name)
                for folder in /tmp /var/tmp /dev/shm /run/lock /tmp/\(name); do
                    [ -d $folder ] || continue
                    : > $folder/\(name)-file; : > $folder/"$(printf '\\377')"\(name); mkdir $folder/\(name)-deep
                    : > $folder/\(name)-deep/file; chown -R 22015 $folder/\(name)-* $folder/*\(name)
                done
                chown 0 /tmp/\(name)
                """
            _ = try await runTool("sh", ["-c", script])
            #expect(await users.release(user, within: .seconds(60)))
            let left = try await runTool(
                "sh", ["-c", "find /tmp /var/tmp /dev/shm /run/lock -user 22015 2> /dev/null; rmdir /tmp/\(name)"])
            #expect(left == "")
        }
    }

    @Test("a user whose files cannot be removed in time is given to nobody")
    func aUserThatLeftTooMuchIsNotGiven() async throws {
        try await withTemporaryDirectory { directory in
            let users = ProcessUsers(22_016...22_016, folder: directory)
            let user = try #require(await users.take())
            let name = "/tmp/slipway-test-\(UInt32.random(in: 0 ... .max))"
            _ = try await runTool("sh", ["-c", "mkdir \(name); chown 22016 \(name)"])
            #expect(await !users.release(user, within: .zero))
            #expect(await users.take() == nil)
            #expect(await user.end(within: .seconds(60)))
            #expect(access(name, F_OK) != 0)
        }
    }

    @Test("two workers of one machine have no user at the same time, and neither ends what the other runs")
    func aUserIsOfOneWorkerAtATime() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.makeTraversable(directory)
            let (one, other) = (
                ProcessUsers(22_017...22_018, folder: directory), ProcessUsers(22_017...22_018, folder: directory)
            )
            let user = try #require(await one.take())
            let seconds = "94\(UInt32.random(in: 10_000...99_999))"
            _ = try await runTool(
                "sh", ["-c", "setpriv --reuid \(user.id) --clear-groups sleep \(seconds) > /dev/null 2>&1 &"])
            // As the other does at its start and at the end of its jobs.
            await other.collectLeftovers(within: .seconds(60))
            let second = try #require(await other.take())
            #expect(Set([user.id, second.id]) == [22_017, 22_018])
            #expect(await other.take() == nil)
            #expect(await other.release(second, within: .seconds(60)))
            #expect(try await isSleeping(seconds))
            #expect(await one.release(user, within: .seconds(60)))
            #expect(try await !isSleeping(seconds))
            // It stays the one's for its next job.
            #expect(await other.take() == second)
            #expect(await other.take() == nil)
            #expect(await one.take() == user)
        }
    }

    @Test(
        "a tree is given away as far as it is the worker's, and nothing that has another name elsewhere",
        arguments: [false, true])
    func aTreeIsGivenAway(_ isInPieces: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let user = try #require(ProcessUser(22_004))
            _ = try await runTool(
                "sh",
                [
                    "-c",
                    "cd \(directory); echo secret > outside; mkdir -p tree/deep; echo a > tree/deep/a; "
                        + "ln outside tree/hard; ln -s ../outside tree/soft; echo b > tree/b; chown 7 tree/b",
                ])
            let tree = directory.appending("tree")
            if isInPieces {
                try await FileTree.giveInPieces(tree, to: user)
            } else {
                try FileTree.give(tree, to: user)
            }
            let owners = try await runTool(
                "sh", ["-c", "cd \(directory); stat -c '%n %u' outside tree tree/deep tree/deep/a tree/soft tree/b"])
            #expect(
                owners == """
                    outside 0
                    tree 22004
                    tree/deep 22004
                    tree/deep/a 22004
                    tree/soft 22004
                    tree/b 7

                    """)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct LifelineTests {
    @Test func rootIsNoUserOfAJob() {
        #expect(ProcessUser(0) == nil)
        #expect(ProcessUser(20_000)?.id == 20_000)
    }

    @Test(
        "what cleared its environment and left its session ends with its step, and is told of",
        arguments: ["/bin/sh", "/bin/bash"])
    func nothingHides(_ shell: String) async throws {
        try await withTemporaryDirectory { directory in
            let seconds = "97\(UInt32.random(in: 10_000...99_999))"
            let command = ShellCommand(
                commands: ["env -i setsid sleep \(seconds) > /dev/null 2>&1 &"], shell: shell, environment: [:],
                workingDirectory: "/")
            let log = MemoryLog()
            let runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            let outcome = try await runner.run(
                command, scratch: directory, job: "j", attempt: 1, advice: "keep it elsewhere", log: log)
            #expect(outcome == .exited(0))
            #expect(log.text.contains("was ended with the step; keep it elsewhere"), "\(log.text)")
            #expect(try await !isSleeping(seconds))
        }
    }

    @Test func aLineIsHeldUntilTheLastHasEnded() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("line")
            let line = try Lifeline(path, user: nil)
            #expect(await !line.cut())
            _ = try await runTool("sh", ["-c", "\(Lifeline.take(path)); echo noise >&9"])
            #expect(await !line.cut())
            _ = try await runTool("sh", ["-c", "\(Lifeline.take(path)); env -i setsid sleep 1000 > /dev/null 2>&1 &"])
            #expect(await line.cut())
            #expect(await !line.cut())
        }
    }

    @Test("who writes to the line as fast as he can is killed all the same")
    func aLineThatIsFullIsCut() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("line")
            let line = try Lifeline(path, user: nil)
            let writers = "for n in 1 2 3 4 5 6 7 8; do env -i setsid dd if=/dev/zero bs=64k >&9 2> /dev/null & done"
            _ = try await runTool("sh", ["-c", "\(Lifeline.take(path)); { \(writers); } > /dev/null"])
            #expect(await line.cut())
            #expect(await !line.cut())
        }
    }

    /// A step could hand it to a process of root's, which the builder may kill.
    @Test(.enabled(if: geteuid() == 0, "root alone runs steps as other users"))
    func whoeverWasHandedTheLineGoesOn() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("line")
            let line = try Lifeline(path, user: ProcessUser(22_005))
            let started = try await runTool(
                "sh", ["-c", "\(Lifeline.take(path)); sleep 1000 > /dev/null 2>&1 & echo $!"])
            let process = try #require(pid_t(started.filter(\.isNumber)))
            #expect(await !line.cut())
            #expect(kill(process, SIGKILL) == 0)
        }
    }
}

/// Whether there is a `sleep` of so many seconds.
private func isSleeping(_ seconds: String) async throws -> Bool {
    // The brackets keep this very search from being found.
    try await runTool("sh", ["-c", "pgrep -f 'sleep [\(seconds.prefix(1))]\(seconds.dropFirst())' || true"]) != ""
}
