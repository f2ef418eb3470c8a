import Glibc
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// Processes that try to outlive their step or their job, on a machine where this user may do something about it.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: geteuid() == 0, "root alone runs steps as other users"))
struct ProcessUserTests {
    private func sleeping(_ seconds: String) async throws -> Bool {
        // The brackets keep this very search from being found.
        try await runTool("sh", ["-c", "pgrep -f 'sleep [\(seconds.prefix(1))]\(seconds.dropFirst())' || true"]) != ""
    }

    @Test("what runs as a user of its own belongs to nobody else, and reads nothing of the worker")
    func aUserOfItsOwn() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.letThrough(directory)
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

    @Test("whatever a job starts ends with it: without its marks, in another session, as fast as it can")
    func nothingOutlivesTheUser() async throws {
        try await withTemporaryDirectory { directory in
            try FileTree.letThrough(directory)
            let users = ProcessUsers(22_002...22_003)
            let user = try #require(users.take())
            let seconds = "98\(UInt32.random(in: 10_000...99_999))"
            let file = FilePath("/tmp/slipway-left-\(seconds)")
            // By their mark none of these is found.
            let script = """
                touch \(file); env -i setsid sleep \(seconds) & while :; do env -i setsid sh -c : & sleep 0.01; done
                """
            var runner = ProcessRunner(worker: "test-\(getpid())", logger: Logger(label: "test"))
            runner.groups = nil
            let command = ShellCommand(
                commands: ["env -i setsid sh -c '\(script)' > /dev/null 2>&1 &", "while ! [ -e \(file) ]; do :; done"],
                environment: [:], workingDirectory: "/", user: user)
            #expect(
                try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: MemoryLog()) == .exited(0))
            #expect(await users.giveBack(user))
            #expect(ProcessTable.find(user).isEmpty)
            #expect(try await !sleeping(seconds))
            #expect(file.withPlatformString { access($0, F_OK) } != 0)
            // Both are there again.
            #expect(Set([users.take(), users.take()].compactMap { $0?.id }) == [22_002, 22_003])
            #expect(users.take() == nil)
        }
    }

    @Test("a step's control group ends what left its session and its environment behind")
    func aGroupEndsWhatHides() async throws {
        try await withTemporaryDirectory { directory in
            let groups = try #require(ControlGroups.ofThisProcess(), "this machine has no writable control group")
            let worker = "test+\(UInt32.random(in: .min ... .max))"
            let mark = ProcessMark(worker: worker, job: "j", attempt: 1)
            let group = try #require(groups.make(mark.step(1)))
            let seconds = "97\(UInt32.random(in: 10_000...99_999))"
            let runner = ProcessRunner(worker: worker, logger: Logger(label: "test"))
            // At once: what a shell starts first is in its group too.
            let command = ShellCommand(
                commands: ["env -i setsid sleep \(seconds) > /dev/null 2>&1 &"], environment: [:],
                workingDirectory: "/")
            let log = MemoryLog()
            #expect(try await runner.run(command, scratch: directory, job: "j", attempt: 1, log: log) == .exited(0))
            #expect(try await !sleeping(seconds), "\(log.text)")
            #expect(group.path.withPlatformString { access($0, F_OK) } == 0)
            // Another worker's stays, one that was killed leaves nothing.
            let other = try #require(groups.make(ProcessMark(worker: "\(worker)+2", job: "j", attempt: 1)))
            await runner.collectLeftovers()
            #expect(group.path.withPlatformString { access($0, F_OK) } != 0)
            #expect(other.path.withPlatformString { access($0, F_OK) } == 0)
            await other.end()
        }
    }

    @Test("a tree is given away as far as it is the worker's, and nothing that has another name elsewhere")
    func aTreeIsGivenAway() async throws {
        try await withTemporaryDirectory { directory in
            let user = try #require(ProcessUser(22_004))
            _ = try await runTool(
                "sh",
                [
                    "-c",
                    "cd \(directory); echo secret > outside; mkdir -p tree/deep; echo a > tree/deep/a; "
                        + "ln outside tree/hard; ln -s ../outside tree/soft; echo b > tree/b; chown 7 tree/b",
                ])
            try FileTree.give(directory.appending("tree"), to: user)
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

@Suite struct ControlGroupPlaceTests {
    @Test func theGroupOfThisProcessIsFound() {
        func parent(_ groups: String, _ mounts: String) -> FilePath? {
            ControlGroups.parent(groups: groups, mounts: mounts)
        }
        let unified = "31 26 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"
        let hybrid =
            "40 31 0:37 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
            + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
        #expect(parent("0::/system.slice/slipway.service\n", unified) == "/sys/fs/cgroup/system.slice/slipway.service")
        #expect(parent("8:pids:/\n0::/\n", hybrid) == "/sys/fs/cgroup/unified")
        let inner = "31 26 0:28 /docker/0f3a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        #expect(parent("0::/docker/0f3a/x\n", inner) == "/sys/fs/cgroup/x")
        #expect(parent("0::/other\n", inner) == nil)
        #expect(parent("8:pids:/\n", hybrid) == nil)
        #expect(parent("0::/\n", "") == nil)
    }

    @Test func rootIsNoUserOfAJob() {
        #expect(ProcessUser(0) == nil)
        #expect(ProcessUser(20_000)?.id == 20_000)
    }
}
