import Contracts
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// Jobs that begin while the sync is away that has their commits.
@Suite struct SourceAwayTests {
    private static let file = """
        kind: pipeline
        type: exec
        name: main
        steps:
        - name: look
          commands: [cat greeting]
        """

    @Test func goOnFromAnotherSync() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            try await stack.service("builder").stop()
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            var commits: [String] = []
            for number in 1...3 {
                commits.append(try await repository.push([".slipway.yml": Self.file, "greeting": "hello \(number)\n"]))
            }
            try await eventually(within: .seconds(60), "the runs wait for a builder") {
                try await platform.runs("shop/web").count { $0.commit != nil } == 3
            }
            try await stack.service("sync").kill()
            try await stack.service("builder").start()
            try await eventually(within: .seconds(120), "they wait for their source") {
                var waiting = 0
                for run in try await platform.runs("shop/web") {
                    let steps = try await platform.run(run.id).stages.flatMap(\.steps)
                    if steps.contains(where: { $0.reason?.contains("which is fetched again") == true }) { waiting += 1 }
                }
                return waiting == 3
            }
            // Another one, with mirrors and an address of its own.
            let (port, admin) = (try LoopbackPort.free(), try LoopbackPort.free())
            let another = try await stack.service("sync").replica(
                [
                    "SLIPWAY_DATA": stack.directory.appending("sync-2").string,
                    "SLIPWAY_LISTEN": "127.0.0.1:\(port)", "SLIPWAY_MIRROR_URL": "http://127.0.0.1:\(port)",
                    "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)",
                ], log: stack.directory.appending("sync-2.log"))
            try await another.start()
            do {
                for (number, commit) in commits.enumerated() {
                    let view = try await platform.finishedRun("shop/web", commit: commit)
                    #expect(view.summary.state == .success, "\(view)")
                    let step = try #require(view.stages.first?.steps.first)
                    #expect(step.attempt > 1)
                    #expect(try await platform.log(view.summary.id, step.id).hasSuffix("hello \(number + 1)\n"))
                }
            } catch {
                let log = await another.tail(20)
                try await another.kill()
                throw TestFailure("\(error)\n\(log)")
            }
            try await another.stop()
        }
    }

    /// A mirror that is lost, or that was made anew without the commit, is as good as away.
    @Test func goOnWhereTheirMirrorIsLost() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            try await stack.service("builder").stop()
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let commit = try await repository.push([".slipway.yml": Self.file, "greeting": "hello\n"])
            try await eventually(within: .seconds(60), "the run waits for a builder") {
                try await platform.runs("shop/web").contains { $0.commit?.sha == commit }
            }
            let mirrors = stack.directory.appending("sync/mirrors").string
            try await runTool("rm", ["-r", mirrors])
            // Another repository in its place, which has the commit no more.
            try await runTool("git", ["init", "--quiet", "--bare", "\(mirrors)/shop/web.git"])
            try await stack.service("builder").start()
            let view = try await platform.finishedRun("shop/web", commit: commit)
            #expect(view.summary.state == .success, "\(view)")
            #expect(try #require(view.stages.first?.steps.first).attempt == 2)
        }
    }
}
