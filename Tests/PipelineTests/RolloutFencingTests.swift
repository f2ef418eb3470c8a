import Contracts
import Testing

@testable import Pipeline

@Suite struct RolloutFencingTests {
    private let file = """
        steps:
          - name: deploy
            deploy: {environment: production, workload: deployment/web, container: web, image: "registry.example/app:1"}
        """

    @Test func `One rollout at a time, and of those that wait only the newest is left`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...3 { try await platform.push(file, trigger: "t\(n)", message: "m\(n)") }
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            #expect(runs.map(\.state) == [.cancelled, .cancelled, .pending])
            #expect(runs[0].reason?.contains("shop/web #2") == true)
            let newest = try #require(try await platform.jobs(of: runs[2].id).first)
            guard case .granted(let grant) = try await platform.claim(newest.id) else {
                Issue.record("the newest rollout was not granted")
                return
            }

            try await platform.push(file, trigger: "t4", message: "m4")
            let fourth = try #require(try await platform.runs().first)
            let held = try #require(try await platform.jobs(of: fourth.id).first)
            #expect(held.lease.state == .held)
            #expect(try #require(held.sequence) > #require(grant.sequence))

            try await platform.ended(newest, steps: [StepReport(step: "deploy", outcome: .success, exitCode: 0)])
            let released = try #require(try await platform.jobs(of: fourth.id).first)
            #expect(released.lease.state == .queued)
            let requested = try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") }
            #expect(requested.count == 4)
        }
    }

    @Test func `Jobs with a step that deploys by commands take turns as rollouts do`() async throws {
        let bare = """
            steps:
              - {name: compile, commands: [make]}
              - {name: deploy, commands: [docker run -d web], when: {branch: main}}
            """
        try await PlatformFixture.with { platform in
            for n in 1...2 { try await platform.push(bare, trigger: "t\(n)", message: "m\(n)") }
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            #expect(runs.map(\.state) == [.cancelled, .pending])
            #expect(
                runs[0].reason == "a newer run of the step shop/web/default/deploy took its place: shop/web #2")
            let first = try #require(try await platform.jobs(of: runs[1].id).first)
            #expect(first.kind == .build && first.steps == ["compile", "deploy"])
            _ = try await platform.claim(first.id)

            try await platform.push(bare, trigger: "t3", message: "m3")
            let third = try #require(try await platform.runs().first)
            let held = try #require(try await platform.jobs(of: third.id).first)
            #expect(held.lease.state == .held)
            #expect(
                WaitingReasons(jobs: [held]).ofRun(.pending)
                    == "waits for the job of another run with the step shop/web/default/deploy to end")
            // Where the step does not take part, nothing is deployed and nobody waits.
            try await platform.push(bare, branch: "feature", trigger: "t4", message: "m4")
            let free = try #require(try await platform.runs().first)
            #expect(try await platform.jobs(of: free.id).first?.lease.state == .queued)

            try await platform.finished("compile", first)
            try await platform.finished("deploy", first)
            try await platform.ended(first)
            #expect(try await platform.jobs(of: third.id).first?.lease.state == .queued)
        }
    }

    @Test func `A rollout whose build took longer than a newer run gives way`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery, trigger: "t1", message: "m1")
            let slow = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: slow.id).first)
            _ = try await platform.claim(build.id)
            try await platform.push(file, trigger: "t2", message: "m2")
            let quick = try #require(try await platform.runs().first)
            let rollout = try #require(try await platform.jobs(of: quick.id).first)
            _ = try await platform.claim(rollout.id)
            try await platform.ended(rollout, steps: [StepReport(step: "deploy", outcome: .success)])
            try await platform.finished("compile", build)
            try await platform.finished("image", build, outputs: ["reference": "r@sha256:1"])
            try await platform.ended(build)
            let ended = try #require(try await platform.reader.view(slow.id))
            #expect(ended.summary.state == .cancelled)
            #expect(ended.summary.reason?.contains("a newer rollout") == true)
        }
    }

    @Test func `A rollout whose worker was lost gives way to the newer one that waited for it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file, trigger: "t1", message: "m1")
            let first = try #require(try await platform.runs().first)
            let lost = try #require(try await platform.jobs(of: first.id).first)
            _ = try await platform.claim(lost.id)
            try await platform.push(file, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            let waiting = try await platform.jobs(of: second.id).map(\.lease.state)
            #expect(waiting == [.held])
            try await platform.engine.expire(now: Timestamp.now.adding(.seconds(31)))
            let released = try await platform.jobs(of: second.id).map(\.lease.state)
            #expect(released == [.queued])
            let ended = try await platform.reader.view(first.id)?.summary.state
            #expect(ended == .cancelled)
        }
    }
}
