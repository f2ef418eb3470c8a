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
            #expect(runs[0].reason?.contains("shop/web#2") == true)
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

    @Test func `Rollouts of one workload in one run take turns too`() async throws {
        let twice = """
            steps:
              - name: first
                deploy: {environment: production, workload: deployment/web, container: web, image: "a:1"}
                depends_on: []
              - name: second
                deploy: {environment: production, workload: deployment/web, container: sidecar, image: "b:1"}
                depends_on: []
            """
        try await PlatformFixture.with { platform in
            try await platform.push(twice)
            let run = try #require(try await platform.runs().first)
            func bySteps() async throws -> [Job] {
                try await platform.jobs(of: run.id).sorted { $0.steps[0] < $1.steps[0] }
            }
            let jobs = try await bySteps()
            #expect(jobs.map(\.lease.state) == [.queued, .held])
            _ = try await platform.claim(jobs[0].id)
            try await platform.ended(jobs[0], steps: [StepReport(step: "first", outcome: .success)])
            #expect(try await bySteps().map(\.lease.state) == [.finished, .queued])
            _ = try await platform.claim(jobs[1].id)
            try await platform.ended(jobs[1], steps: [StepReport(step: "second", outcome: .success)])
            #expect(try await platform.runs().first?.state == .success)
            let requested = try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") }
            #expect(requested.count == 2)
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
                runs[0].reason == "a newer run of the step shop/web/default/deploy took its place: shop/web#2")
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
            try await platform.pass()
            let released = try await platform.jobs(of: second.id).map(\.lease.state)
            #expect(released == [.queued])
            let ended = try await platform.reader.view(first.id)?.summary.state
            #expect(ended == .cancelled)
        }
    }

    /// Whose the workload is the deployer sees: until then another's rollout of it is granted, and then refused.
    @Test func `A rollout of another repository does not make an older one good again`() async throws {
        try await PlatformFixture.with { platform in
            let other = RepositoryPath(rawValue: "shop/b")
            try await platform.register(other)
            var rules = Samples.production.rules
            rules.repositories = ["shop/*"]
            try await platform.save(rules, as: "production")
            try await platform.push(Samples.delivery, trigger: "t1", message: "m1")
            let slow = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: slow.id).first)
            _ = try await platform.claim(build.id)
            for (number, repository) in [PlatformFixture.path, other].enumerated() {
                let id = "\(number + 2)"
                try await platform.push(file, trigger: "t\(id)", message: "m\(id)", repository: repository)
                let run = try #require(try await platform.runs().first)
                let job = try #require(try await platform.jobs(of: run.id).first)
                guard case .granted = try await platform.claim(job.id) else {
                    Issue.record("\(repository): not granted")
                    return
                }
                let outcome: StepOutcome = repository == other ? .failure : .success
                try await platform.ended(
                    job, outcome == .success ? .success : .failure,
                    steps: [StepReport(step: "deploy", outcome: outcome)])
            }
            try await platform.finished("compile", build)
            try await platform.finished("image", build, outputs: ["reference": "r@sha256:1"])
            try await platform.ended(build)
            let ended = try #require(try await platform.reader.view(slow.id))
            #expect(ended.summary.state == .cancelled && ended.summary.reason?.contains("a newer rollout") == true)
        }
    }

    // MARK: - Stuck

    /// A rollout that a worker has, and a newer one that waits for it.
    private func queue(
        _ platform: PlatformFixture, stuckFirst: Bool
    ) async throws -> (first: Job, second: Job) {
        try await platform.push(file, trigger: "t1", message: "m1")
        let first = try #require(try await platform.runs().first)
        let under = try #require(try await platform.jobs(of: first.id).first)
        _ = try await platform.claim(under.id)
        if stuckFirst { try await platform.heartbeat(under, stuck: "pod web-1: the image cannot be pulled") }
        try await platform.push(file, trigger: "t2", message: "m2")
        let second = try #require(try await platform.runs().first)
        return (under, try #require(try await platform.jobs(of: second.id).first))
    }

    @Test(arguments: [false, true])
    func `A rollout that is stuck is stopped as soon as a newer one waits`(stuckFirst: Bool) async throws {
        try await PlatformFixture.with { platform in
            let (first, second) = try await queue(platform, stuckFirst: stuckFirst)
            if !stuckFirst {
                #expect(try await !platform.sentWork().contains { $0.hasPrefix("JobCancelled") })
                try await platform.heartbeat(first, stuck: "pod web-1: the image cannot be pulled")
            }
            #expect(try await platform.sentWork().filter { $0.hasPrefix("JobCancelled") }.count == 1)
            // Until its worker has stopped, the newer one waits.
            #expect(try await platform.jobs(of: second.run).map(\.lease.state) == [.held])
            try await platform.ended(first, .cancelled)
            #expect(try await platform.jobs(of: second.run).map(\.lease.state) == [.queued])
            let ended = try #require(try await platform.reader.view(first.run)?.summary)
            #expect(ended.state == .cancelled)
            #expect(
                ended.reason
                    == "it was stuck (pod web-1: the image cannot be pulled), and a newer rollout to "
                    + "default/default/deployment/web took its place: shop/web#2")
        }
    }

    @Test func `A rollout that gets on again is waited for`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file, trigger: "t1", message: "m1")
            let first = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: first.id).first)
            _ = try await platform.claim(job.id)
            try await platform.heartbeat(job, stuck: "nothing has moved for a while")
            try await platform.heartbeat(job)
            try await platform.push(file, trigger: "t2", message: "m2")
            #expect(try await !platform.sentWork().contains { $0.hasPrefix("JobCancelled") })
        }
    }

    // MARK: - Two names of one workload

    private let named = """
        steps:
          - name: deploy
            deploy: {environment: production, workload: deploy/web, namespace: shop, image: "registry.example/app:1"}
        """

    @Test func `A namespace that is given and the cluster's own are one workload`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file, trigger: "t1", message: "m1")
            let first = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: first.id).first)
            // The deployer knows what its kubeconfig says.
            guard case .granted = try await platform.claim(job.id, namespace: "shop") else {
                Issue.record("the first one was not granted")
                return
            }
            try await platform.push(named, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            let held = try #require(try await platform.jobs(of: second.id).first)
            #expect(held.lease.state == .held)
            #expect(held.workload == "default/shop/deployment/web")
            try await platform.ended(job, steps: [StepReport(step: "deploy", outcome: .success, exitCode: 0)])
            #expect(try await platform.jobs(of: second.id).map(\.lease.state) == [.queued])
        }
    }

    @Test func `Those that were offered before that was known are found out when they are claimed`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(named, trigger: "t1", message: "m1")
            try await platform.push(file, trigger: "t2", message: "m2")
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            let older = try #require(try await platform.jobs(of: runs[0].id).first)
            let newer = try #require(try await platform.jobs(of: runs[1].id).first)
            #expect([older.lease.state, newer.lease.state] == [.queued, .queued])
            // The wake of the older one brings the newer one.
            guard case .granted(let grant) = try await platform.claim(older.id, namespace: "shop") else {
                Issue.record("the newer one was not granted")
                return
            }
            #expect(grant.job == newer.id)
            #expect(try await platform.jobs(of: runs[0].id).first?.lease.state == .superseded)
            #expect(try await platform.reader.view(runs[0].id)?.summary.state == .cancelled)
        }
    }

    @Test func `Of two that are found out to be one the second waits`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(named, trigger: "t1", message: "m1")
            try await platform.push(file, trigger: "t2", message: "m2")
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            let older = try #require(try await platform.jobs(of: runs[0].id).first)
            let newer = try #require(try await platform.jobs(of: runs[1].id).first)
            _ = try await platform.claim(older.id)
            guard case .refused(let refusal) = try await platform.claim(newer.id, worker: "w2", namespace: "shop")
            else {
                Issue.record("both went at a time")
                return
            }
            #expect(refusal.code == .taken)
            #expect(try await platform.jobs(of: runs[1].id).map(\.lease.state) == [.held])
            try await platform.ended(older, steps: [StepReport(step: "deploy", outcome: .success, exitCode: 0)])
            #expect(try await platform.jobs(of: runs[1].id).map(\.lease.state) == [.queued])
        }
    }

    private let elsewhere = """
        steps:
          - name: deploy
            deploy: {environment: production, cluster: live, workload: deploy/web, image: "registry.example/app:1"}
        """

    @Test func `A cluster that goes by two names is one`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file, trigger: "t1", message: "m1")
            let first = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: first.id).first)
            _ = try await platform.claim(job.id, namespace: "shop", cluster: "uid-1")
            // Nobody has spoken for the other name yet.
            try await platform.push(elsewhere, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            let other = try #require(try await platform.jobs(of: second.id).first)
            #expect(other.lease.state == .queued)
            guard
                case .refused(let refusal) = try await platform.claim(
                    other.id, worker: "w2", namespace: "shop", cluster: "uid-1")
            else {
                Issue.record("both went at a time")
                return
            }
            #expect(refusal.code == .taken)
            try await platform.push(elsewhere, trigger: "t3", message: "m3")
            let third = try #require(try await platform.runs().first)
            let newest = try #require(try await platform.jobs(of: third.id).first)
            #expect(newest.lease.state == .held)
            #expect(newest.workload == "default/shop/deployment/web")
            try await platform.ended(job, steps: [StepReport(step: "deploy", outcome: .success, exitCode: 0)])
            #expect(try await platform.jobs(of: third.id).map(\.lease.state) == [.queued])
            // A deployer that cannot reach its cluster does not take back what is known.
            guard case .granted = try await platform.claim(newest.id, worker: "w2", namespace: "shop") else {
                Issue.record("the newest one was not granted")
                return
            }
            #expect(try await platform.jobs(of: third.id).map(\.workload) == ["default/shop/deployment/web"])
        }
    }

    @Test func `What waits under a name that turns out to be another's is found out too`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(elsewhere, trigger: "t1", message: "m1")
            let first = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: first.id).first)
            _ = try await platform.claim(job.id, namespace: "shop", cluster: "uid-1")
            #expect(try await platform.jobs(of: first.id).map(\.workload) == ["live/shop/deployment/web"])
            try await platform.push(file, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            let other = try #require(try await platform.jobs(of: second.id).first)
            // Its name is the first of the two from here on.
            _ = try await platform.claim(other.id, worker: "w2", namespace: "shop", cluster: "uid-1")
            for run in [first, second] {
                #expect(try await platform.jobs(of: run.id).map(\.workload) == ["default/shop/deployment/web"])
            }
            #expect(try await platform.jobs(of: second.id).map(\.lease.state) == [.held])
        }
    }

    @Test func `Clusters that are two stay two`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(file, trigger: "t1", message: "m1")
            try await platform.push(elsewhere, trigger: "t2", message: "m2")
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            for (run, cluster) in zip(runs, ["uid-1", "uid-2"]) {
                let job = try #require(try await platform.jobs(of: run.id).first)
                guard
                    case .granted = try await platform.claim(
                        job.id, worker: cluster, namespace: "shop", cluster: cluster)
                else {
                    Issue.record("the one in \(cluster) was not granted")
                    return
                }
            }
        }
    }
}
