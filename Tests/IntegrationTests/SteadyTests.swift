import Contracts
import FoundationEssentials
import Glibc
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Slowness, absence and wrong clocks cost no running job, and a worker that is really gone is noticed.
@Suite(.serialized) struct SteadyTests {
    private static let lines = 120

    /// A run whose one step prints for about twelve seconds.
    private func talk(_ stack: Stack, _ name: String) async throws -> (SampleRepository, String) {
        let script = """
            i=1; while [ $i -le \(Self.lines) ]; do echo line $i; i=$((i+1)); sleep 0.1; done
            """
        try await stack.platform.putComponent(name, #"[{"step": "talk", "commands": ["\#(script)"]}]"#)
        let repository = try await SampleRepository("shop/\(name)", in: stack.directory, platform: stack.platform)
        try await stack.platform.associate(repository.path, [AssociationView(component: name)])
        let commit = try await repository.push(["a": "1\n"], message: "Talk")
        try await eventually(within: .seconds(60), "the step prints") {
            try await step(stack, repository).map { $0.state == .running && $0.logBytes > 0 } ?? false
        }
        return (repository, commit)
    }

    private func step(_ stack: Stack, _ repository: SampleRepository) async throws -> StepView? {
        guard let summary = try await stack.platform.runs(repository.path).first else { return nil }
        return try await stack.platform.run(summary.id).stages.first?.steps.first
    }

    /// It ended well, by the worker that began it, and no line is missing.
    private func check(
        _ stack: Stack, _ repository: SampleRepository, _ commit: String, attempt: Int = 1
    ) async throws {
        let view = try await stack.platform.finishedRun(repository.path, commit: commit, within: .seconds(120))
        #expect(view.summary.state == .success, "\(view)")
        let step = try #require(view.stages.first?.steps.first)
        #expect(step.attempt == attempt, "\(view)")
        let log = try await stack.platform.log(view.summary.id, step.id).split(separator: "\n").map(String.init)
        #expect(log.filter { $0.hasPrefix("line ") } == (1...Self.lines).map { "line \($0)" })
    }

    /// Both far longer than a lease of 3 s: silence of the broker is not silence of the worker.
    @Test func `An alarm and an outage of the broker cost no running job`() async throws {
        try await PrivateBroker.with { broker in
            try await Stack.with(
                brokerURL: broker.url, settings: ["pipeline": ["SLIPWAY_HOLD_SECONDS": "60"]]
            ) { stack in
                let (alarmed, first) = try await talk(stack, "alarmed")
                try await broker.control("set_vm_memory_high_watermark", "absolute", "1")
                try await Task.sleep(for: .seconds(9))
                try await broker.control("set_vm_memory_high_watermark", "0.4")
                try await check(stack, alarmed, first)
                // RabbitMQ 3.10 writes down every half second which quorum queues it has: these are to be older.
                try await Task.sleep(for: .seconds(2))
                let (cut, second) = try await talk(stack, "cut")
                try await broker.kill()
                try await Task.sleep(for: .seconds(6))
                try await broker.start()
                try await check(stack, cut, second)
            }
        }
    }

    /// The platform keeps a silent worker's job for ten minutes here, and its next life says at once that it has ended.
    @Test(.timeLimit(.minutes(3))) func `A builder that is started anew takes its own job up at once`() async throws {
        try await Stack.with(settings: ["pipeline": ["SLIPWAY_HOLD_SECONDS": "600"]]) { stack in
            let (repository, commit) = try await talk(stack, "anew")
            try await stack.service("builder").kill()
            try await stack.service("builder").start()
            try await check(stack, repository, commit, attempt: 2)
        }
    }

    /// The platform's clock is set while a builder works; only a builder that is really silent loses its job.
    @Test(.timeLimit(.minutes(4))) func `A clock that is set costs no running job and hides no lost worker`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let clock = try await WallClock(in: directory)
            try await Stack.with(settings: ["pipeline": clock.settings]) { stack in
                let (repository, commit) = try await talk(stack, "clock")
                for offset: Int64 in [40, 86_400, -3_600, 0] {
                    try await clock.set(offset)
                    try await Task.sleep(for: .seconds(2))
                }
                try await check(stack, repository, commit)

                let (lost, _) = try await talk(stack, "lost")
                try await clock.set(-3_600)
                try await stack.service("builder").kill()
                try await eventually(within: .seconds(30), "the job waits for another builder") {
                    try await step(stack, lost)?.reason?.contains("as attempt 2") == true
                }
                try await clock.set(0)
            }
        }
    }

    /// Two builders share the work, and the disk of one is full: it gives back what it took, once, and says why.
    @Test(.enabled(if: geteuid() == 0, "root alone mounts a small disk"), .timeLimit(.minutes(4)))
    func `A builder with a full disk fails no run`() async throws {
        try await Stack.with { stack in
            try await stack.platform.putComponent("short", #"[{"step": "work", "commands": ["true"]}]"#)
            let repository = try await SampleRepository("shop/short", in: stack.directory, platform: stack.platform)
            _ = try await repository.commit(["a": "1\n"])
            let disk = stack.directory.appending("small")
            try await runTool("mkdir", [disk.string])
            try await runTool("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.string])
            let admin = try LoopbackPort.free()
            let sick = try await stack.service("builder").replica(
                // It would take nothing at all below its floor.
                [
                    "SLIPWAY_DATA": disk.string, "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)",
                    "SLIPWAY_DISK_FLOOR": "0",
                ],
                log: stack.directory.appending("sick.log"))
            do {
                try await sick.start()
                try await eventually(within: .seconds(30), "it is ready") {
                    try await stack.platform.status("http://127.0.0.1:\(admin)/readyz") == 200
                }
                try await runTool("sh", ["-c", "dd if=/dev/zero of=\(disk)/full bs=4k 2>/dev/null || true"])
                let path = RepositoryPath(rawValue: repository.path)
                var runs: [RunID] = []
                for _ in 0..<20 {
                    let view: RunView = try await stack.platform.send(
                        .post, "runs", RunRequest(repository: path, component: "short")
                    ).decode()
                    runs.append(view.summary.id)
                }
                var handedBack = 0
                for run in runs {
                    try await eventually(within: .seconds(60), "it ends") {
                        try await stack.platform.run(run).summary.state.isFinal
                    }
                    let view = try await stack.platform.run(run)
                    #expect(view.summary.state == .success, "\(view)")
                    let attempt = view.stages.first?.steps.first?.attempt ?? 0
                    handedBack += attempt - 1
                    guard attempt > 1 else { continue }
                    let told = view.choice?.trace.contains {
                        $0.contains("gave it back") && $0.contains("No space left")
                    }
                    #expect(told == true, "\(view)")
                }
                // It takes four slots' worth at most before it pauses.
                #expect(handedBack > 0 && handedBack <= 8)
                #expect(try await stack.platform.status("http://127.0.0.1:\(admin)/readyz") == 503)
                try await eventually(within: .seconds(10), "the platform is told") {
                    try await stack.platform.send(.get, "workers").decode(Page<WorkerView>.self).items.contains {
                        $0.problem?.contains("No space left") == true
                    }
                }
            } catch {
                try? await sick.kill()
                _ = try? await runTool("umount", ["-l", disk.string])
                throw error
            }
            try await sick.kill()
            try await runTool("umount", ["-l", disk.string])
        }
    }

    /// First its logs reach the floor, then nothing at all can be written.
    @Test(.enabled(if: geteuid() == 0, "root alone mounts a small disk"), .timeLimit(.minutes(5)))
    func `A platform whose disk is full answers, and loses nothing`() async throws {
        try await withTemporaryDirectory { directory in
            let disk = directory.appending("small")
            try await runTool("mkdir", [disk.string])
            try await runTool("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk.string])
            do {
                let settings = ["SLIPWAY_DATA": disk.string, "SLIPWAY_DISK_FLOOR": "8"]
                try await Stack.with(settings: ["pipeline": settings]) { try await fill($0, disk) }
            } catch {
                _ = try? await runTool("umount", ["-l", disk.string])
                throw error
            }
            try await runTool("umount", ["-l", disk.string])
        }
    }

    private func fill(_ stack: Stack, _ disk: FilePath) async throws {
        let platform = stack.platform
        let last = 4_000_000
        try await platform.putComponent("flood", #"[{"step": "print", "commands": ["seq 1 \#(last)"]}]"#)
        let repository = try await SampleRepository("shop/flood", in: stack.directory, platform: platform)
        try await platform.associate(repository.path, [AssociationView(component: "flood")])
        let page = try await platform.browser()
        let first = try await repository.push(["a": "1\n"], message: "Flood")
        try await eventually(within: .seconds(90), "logs stand still") {
            try await page("/").contains("Logs stand still: the disk that holds")
        }
        // Others go on.
        let second = try await repository.push(["a": "2\n"], message: "Meanwhile")
        try await eventually(within: .seconds(60), "it began") {
            try await platform.runs(repository.path).contains { $0.commit?.sha == second && $0.startedAt != nil }
        }
        try await runTool("sh", ["-c", "dd if=/dev/zero of=\(disk)/full bs=4k 2>/dev/null || true"])
        let third = try await repository.push(["a": "3\n"], message: "While it is full")
        try await eventually(within: .seconds(60), "nothing can be written") {
            try await page("/").contains("Nothing can be written")
        }
        #expect(try await platform.runs(repository.path).count == 2)
        try await runTool("mount", ["-o", "remount,size=512m", disk.string])
        try await runTool("rm", ["\(disk)/full"])
        for commit in [first, second, third] {
            let view = try await platform.finishedRun(repository.path, commit: commit, within: .seconds(180))
            #expect(view.summary.state == .success, "\(view)")
            let step = try #require(view.stages.first?.steps.first)
            #expect(step.attempt == 1, "\(view)")
            let log = try await platform.log(view.summary.id, step.id)
            #expect(log.utf8.split(separator: UInt8(ascii: "\n")).count >= last && log.hasSuffix("\n\(last)\n"))
        }
        #expect(try await page("/").contains("stand still") == false)
    }
}
