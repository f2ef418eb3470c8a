import Contracts
import Storage
import Testing

@testable import Pipeline

/// Rollouts that wait to be approved, or for the end of a freeze.
@Suite struct ApprovalTests {
    /// The newest run after a push of this file.
    private func pushed(_ platform: PlatformFixture, _ file: String) async throws -> RunView {
        let id = MessageID.make().rawValue
        try await platform.push(file, trigger: "t\(id)", message: "m\(id)")
        let run = try #require(try await platform.runs().first)
        return try #require(try await platform.reader.view(run.id))
    }

    private func states(_ platform: PlatformFixture, _ view: RunView) async throws -> [JobLease.State] {
        try await platform.jobs(of: view.summary.id).map(\.lease.state)
    }

    /// Two windows that follow one another, day and night.
    private static let always = [
        FreezeWindow(name: "day", from: "00:00", until: "23:59", zone: "UTC"),
        FreezeWindow(name: "night", from: "23:58", until: "00:01", zone: "UTC"),
    ]

    private let file = """
        steps:
          - name: deploy
            deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
        """

    private func principal(_ platform: PlatformFixture, _ name: String) async throws -> Principal {
        try await platform.store.write { try $0.access.addToken("slp_\(name)", name: name, now: $0.now) }
        return try await platform.operations.access.principal(token: "slp_\(name)")
    }

    private func needing(_ approvals: Int, of approvers: [String], _ platform: PlatformFixture) async throws {
        var rules = Samples.production.rules
        rules.approvals = approvals
        rules.approvers = approvers
        try await platform.save(rules, as: "production")
    }

    @Test func `A rollout waits for those who may approve, and holds no worker meanwhile`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: ["ops-*"], platform)
            let view = try await pushed(platform, file)
            let step = try #require(view.stages.first?.steps.first)
            #expect(
                step.reason
                    == "waits for 2 of 2 approvals of the environment “production”; ops-* may approve it")
            #expect(step.approval?.needed == 2 && step.approval?.approvers == ["ops-*"])
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            #expect(job.lease.state == .waiting)
            #expect(try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") } == [])
            guard case .refused = try await platform.claim(job.id) else {
                Issue.record("a worker got what nobody has approved")
                return
            }
            // Not everybody may, and nobody twice.
            let runs = platform.operations.runs
            let approve = VerdictRequest(approves: true)
            await #expect(throws: OperationError.self) {
                try await runs.decide(step.id, of: view.summary.id, approve, by: platform.principal)
            }
            let (ada, bob) = (try await principal(platform, "ops-ada"), try await principal(platform, "ops-bob"))
            for _ in 1...2 {
                let once = try await runs.decide(step.id, of: view.summary.id, approve, by: ada)
                #expect(once.stages.first?.steps.first?.approval?.given.map(\.name) == ["ops-ada"])
            }
            let twice = try await runs.decide(step.id, of: view.summary.id, approve, by: bob)
            #expect(twice.stages.first?.steps.first?.approval == nil)
            #expect(twice.choice?.trace.contains { $0.hasPrefix("step “deploy” was approved by ops-bob at 2") } == true)
            #expect(try await platform.jobs(of: view.summary.id).map(\.lease.state) == [.queued])
            guard case .granted = try await platform.claim(job.id) else {
                Issue.record("it was not granted although it is approved")
                return
            }
            await #expect(throws: OperationError.self) {
                try await runs.decide(step.id, of: view.summary.id, approve, by: bob)
            }
        }
    }

    @Test func `A rollout that is refused fails with who refused it and why`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            let view = try await pushed(platform, file)
            let ended = try await platform.operations.runs.decide(
                1, of: view.summary.id, VerdictRequest(approves: false, reason: "not on a Friday"),
                by: platform.principal)
            #expect(ended.summary.state == .failure)
            #expect(
                ended.stages.first?.steps.first?.reason
                    == "test refused the rollout to “production”: not on a Friday")
        }
    }

    @Test func `One that waits to be approved keeps nobody from going, and gives way to a newer one`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            let first = try await pushed(platform, file)
            let second = try await pushed(platform, file)
            func state(_ view: RunView) async throws -> [JobLease.State] { try await states(platform, view) }
            // Both wait: whichever is approved goes.
            #expect(try await state(first) == [.waiting])
            #expect(try await state(second) == [.waiting])
            let approve = VerdictRequest(approves: true)
            _ = try await platform.operations.runs.decide(1, of: first.summary.id, approve, by: platform.principal)
            #expect(try await state(first) == [.queued])
            _ = try await platform.operations.runs.decide(1, of: second.summary.id, approve, by: platform.principal)
            #expect(try await state(first) == [.superseded])
            #expect(try await state(second) == [.queued])
            let third = try await pushed(platform, file)
            let fourth = try await pushed(platform, file)
            _ = try await platform.operations.runs.decide(1, of: fourth.summary.id, approve, by: platform.principal)
            #expect(try await state(third) == [.superseded])
            #expect(try await platform.cancel(fourth.summary.id).summary.state == .cancelled)
        }
    }

    @Test func `The pipeline may ask for more approvals than the environment, and not for fewer`() async throws {
        let asking = "environments: {production: {approvals: 1}}\n" + file
        try await PlatformFixture.with { platform in
            let view = try await pushed(platform, asking)
            #expect(view.stages.first?.steps.first?.approval?.needed == 1)
            try await needing(2, of: [], platform)
            let more = try await pushed(platform, asking)
            #expect(more.stages.first?.steps.first?.approval?.needed == 2)
        }
    }

    @Test func `Nothing begins in a freeze, and what waited goes when it ends or is lifted`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.freezes = Self.always
            try await platform.save(rules, as: "production")
            let view = try await pushed(platform, file)
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            #expect(job.lease.state == .waiting)
            let until = try #require(job.opensAt)
            #expect(job.waits?.contains("of the environment “production” at \(until)") == true)
            #expect(try await platform.engine.nextDeadline() == until)
            // The two windows follow one another.
            try await platform.engine.expire(now: until)
            let later = try #require(try await platform.jobs(of: view.summary.id).first?.opensAt)
            #expect(later > until)
            rules.freezes = []
            try await platform.save(rules, as: "production")
            #expect(try await platform.jobs(of: view.summary.id).map(\.lease.state) == [.queued])
        }
    }

    @Test func `A freeze that begins while a rollout is queued holds it, and never one that is under way`() async throws
    {
        try await PlatformFixture.with { platform in
            let view = try await pushed(platform, file)
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            var rules = Samples.production.rules
            rules.freezes = Self.always
            try await platform.save(rules, as: "production")
            guard case .refused(let refusal) = try await platform.claim(job.id) else {
                Issue.record("it began in a freeze")
                return
            }
            #expect(refusal.code == .taken && refusal.reason.contains("waits for the end of the freeze"))
            #expect(try await platform.jobs(of: view.summary.id).map(\.lease.state) == [.waiting])
            try await platform.save(Samples.production.rules, as: "production")
            guard case .granted = try await platform.claim(job.id) else {
                Issue.record("it was not granted after the freeze was lifted")
                return
            }
            // Its worker is lost half way: another one goes on, freeze or not.
            try await platform.save(rules, as: "production")
            try await platform.engine.expire(now: Timestamp.now.adding(.seconds(31)))
            guard case .granted = try await platform.claim(job.id, attempt: 2, worker: "w2") else {
                Issue.record("what was begun was held up half way")
                return
            }
        }
    }

    @Test func `What a person said stands once, and is bounded`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: [], platform)
            let view = try await pushed(platform, file)
            let runs = platform.operations.runs
            func decide(_ reason: String) async throws -> RunView {
                try await runs.decide(
                    1, of: view.summary.id, VerdictRequest(approves: true, reason: reason), by: platform.principal)
            }
            await #expect(throws: OperationError.self) { _ = try await decide(String(repeating: "x", count: 1_001)) }
            let once = try await decide("tried on staging")
            #expect(try await decide("again") == once)
            #expect(once.choice?.trace.filter { $0.contains("was approved by test") }.count == 1)
            #expect(once.stages.first?.steps.first?.approval?.given.map(\.reason) == ["tried on staging"])
        }
    }

    @Test func `Approvals count as the environment is when they are counted`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: [], platform)
            let view = try await pushed(platform, file)
            let approve = VerdictRequest(approves: true)
            let ada = try await principal(platform, "ops-ada")
            _ = try await platform.operations.runs.decide(1, of: view.summary.id, approve, by: platform.principal)
            // Who has approved may no more.
            try await needing(1, of: ["ops-*"], platform)
            #expect(try await states(platform, view) == [.waiting])
            let now = try #require(try await platform.reader.view(view.summary.id)?.stages.first?.steps.first)
            #expect(now.approval?.given == [] && now.approval?.needed == 1)
            _ = try await platform.operations.runs.decide(1, of: view.summary.id, approve, by: ada)
            #expect(try await states(platform, view) == [.queued])
            // It has to be approved again before a deployer has it.
            try await needing(2, of: ["ops-*"], platform)
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            guard case .refused(let refusal) = try await platform.claim(job.id) else {
                Issue.record("it was granted although it is not approved by as many")
                return
            }
            #expect(refusal.code == .taken && refusal.reason.contains("waits for 1 of 2 approvals"))
            try await needing(0, of: [], platform)
            #expect(try await states(platform, view) == [.queued])
            // The wake that was refused is gone: there is another one.
            let wakes = try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") }
            #expect(wakes.count == 2)
        }
    }

    @Test func `A rollout that waits fails when its environment is removed`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            let view = try await pushed(platform, file)
            try await platform.operations.environments.remove("production", as: platform.principal)
            let ended = try #require(try await platform.reader.view(view.summary.id))
            #expect(ended.summary.state == .failure)
            #expect(ended.summary.reason?.contains("there is no environment “production”") == true)
            await #expect(throws: OperationError.self) {
                try await platform.operations.runs.decide(
                    1, of: view.summary.id, VerdictRequest(approves: true), by: platform.principal)
            }
        }
    }

    @Test func `Nobody approves a freeze away`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.freezes = Self.always
            try await platform.save(rules, as: "production")
            let view = try await pushed(platform, file)
            let error = await #expect(throws: OperationError.self) {
                try await platform.operations.runs.decide(
                    1, of: view.summary.id, VerdictRequest(approves: true), by: platform.principal)
            }
            #expect(error?.problem.message.contains("it waits for the end of the freeze") == true)
            #expect(try await states(platform, view) == [.waiting])
        }
    }

    @Test func `Of what waited in a freeze the newest goes`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.freezes = Self.always
            try await platform.save(rules, as: "production")
            let older = try await pushed(platform, file)
            let newer = try await pushed(platform, file)
            let opensAt = try #require(try await platform.jobs(of: newer.summary.id).first?.opensAt)
            try await platform.store.write { transaction in
                var open = Samples.production
                open.rules.freezes = []
                try transaction.environments.save(open)
            }
            try await platform.engine.expire(now: opensAt)
            #expect(try await states(platform, older) == [.superseded])
            #expect(try await states(platform, newer) == [.queued])
            let wakes = try await platform.sentWork().filter { $0.hasPrefix("RolloutRequested") }
            #expect(wakes.count == 1)
        }
    }

    @Test func `The time limit of the pipeline is not for those who approve`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            let view = try await pushed(platform, "timeout: 10m\n" + file)
            #expect(try await platform.engine.nextDeadline() == nil)
            try await platform.engine.expire(now: Timestamp.now.adding(.seconds(86_400)))
            #expect(try await states(platform, view) == [.waiting])
            _ = try await platform.operations.runs.decide(
                1, of: view.summary.id, VerdictRequest(approves: true), by: platform.principal)
            let deadline = try #require(try await platform.engine.nextDeadline())
            #expect(deadline > .now.adding(.seconds(500)) && deadline < .now.adding(.seconds(700)))
        }
    }

    /// What an earlier version queued names no environment.
    @Test func `A rollout of before waits as others do`() async throws {
        try await PlatformFixture.with { platform in
            let view = try await pushed(platform, file)
            _ = try await platform.store.write { try $0.database.execute("UPDATE jobs SET environment = NULL") }
            try await needing(1, of: [], platform)
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            _ = try await platform.claim(job.id)
            _ = try await platform.operations.runs.decide(
                1, of: view.summary.id, VerdictRequest(approves: true), by: platform.principal)
            #expect(try await states(platform, view) == [.queued])
        }
    }
}
