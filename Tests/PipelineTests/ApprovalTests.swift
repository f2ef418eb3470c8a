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
        try await platform.store.write { try $0.addToken("slp_\(name)", name: name) }
        return try await platform.operations.access.principal(token: "slp_\(name)")
    }

    private func needing(_ approvals: Int, of approvers: [String], _ platform: PlatformFixture) async throws {
        var rules = Samples.production.rules
        rules.approvals = approvals
        rules.approvers = approvers
        try await platform.save(rules, as: "production")
    }

    /// A name can be chosen at the provider, for a glob.
    @Test func `Who has chosen their name is an approver by the whole of it or by a group`() {
        let approvers = Approvers(["ops-*", "bob", "@shop/ops"])
        #expect(approvers.may("ops-eve", oneOf: [], hasChosenName: false))
        #expect(!approvers.may("ops-eve", oneOf: [], hasChosenName: true))
        #expect(approvers.may("ops-eve", oneOf: ["shop/ops"], hasChosenName: true))
        #expect(approvers.may("bob", oneOf: [], hasChosenName: true))
        #expect(Approvers([]).may("eve", oneOf: [], hasChosenName: true))
    }

    @Test(.timeLimit(.minutes(1)))
    func `A rollout goes on as soon as an approver is back whose approval had stopped counting`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: ["ops-*"], platform)
            let operations = platform.operations
            let view = try await pushed(platform, file)
            let step = try #require(view.stages.first?.steps.first).id
            let (runs, run) = (operations.runs, view.summary.id)
            let approve = VerdictRequest(approves: true)
            let link = try await operations.people.invite(
                PersonRequest(name: "ops-ada", role: .developer), as: .administrator)
            let code = try #require(link.url.split(separator: "=").last.map(String.init))
            let token = try await operations.signIns.redeem(LinkRequest(code: code, token: "laptop"), from: .unknown)
            let ada = try await operations.access.principal(token: token.token)
            _ = try await runs.decide(step, of: run, approve, by: ada)
            _ = try await operations.people.change("ops-ada", PersonChange(isBlocked: true), as: .administrator)
            try await platform.engine.expire()
            let alone = try await runs.decide(step, of: run, approve, by: try await principal(platform, "ops-bob"))
            let waits = try #require(alone.stages.first?.steps.first)
            #expect(waits.approval?.given.map(\.name) == ["ops-bob"] && waits.reason?.contains("1 of 2") == true)

            var due = platform.store.deadlines.wakes.makeAsyncIterator()
            _ = try await operations.people.change("ops-ada", PersonChange(isBlocked: false), as: .administrator)
            _ = await due.next()
            try await platform.engine.expire()
            #expect(try await states(platform, view) == [.queued])
        }
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

    @Test func `A token that is limited to seeing decides nothing, though its account may`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: ["ops-*"], platform)
            let view = try await pushed(platform, file)
            let step = try #require(view.stages.first?.steps.first)
            func token(_ name: String, _ role: Role?) async throws -> Principal {
                try await platform.store.write { transaction in
                    try transaction.access.add(
                        Token(
                            name: name, account: "ops-ada", limit: Rights.Limit(role: role), createdAt: transaction.now),
                        "slp_\(name)")
                }
                return try await platform.operations.access.principal(token: "slp_\(name)")
            }
            _ = try await principal(platform, "ops-ada")
            let runs = platform.operations.runs
            let sees = try await token("ops-ada/dashboard", .viewer)
            for approves in [true, false] {
                let error = await #expect(throws: OperationError.self) {
                    try await runs.decide(
                        step.id, of: view.summary.id, VerdictRequest(approves: approves), by: sees)
                }
                #expect(error?.problem.code == "limited_token")
            }
            #expect(try await states(platform, view) == [.waiting])
            let decides = try await token("ops-ada/bot", .developer)
            _ = try await runs.decide(step.id, of: view.summary.id, VerdictRequest(approves: true), by: decides)
            #expect(try await states(platform, view) == [.queued])
        }
    }

    @Test func `The approval of somebody who may approve no more counts for nothing`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: ["ops-*"], platform)
            let view = try await pushed(platform, file)
            let step = try #require(view.stages.first?.steps.first)
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            func approve(_ name: String) async throws -> [String]? {
                let run = try await platform.operations.runs.decide(
                    step.id, of: view.summary.id, VerdictRequest(approves: true),
                    by: try await principal(platform, name))
                return run.stages.first?.steps.first?.approval?.given.map(\.name)
            }
            #expect(try await approve("ops-ada") == ["ops-ada"])
            try await platform.store.write { try $0.accounts.setBlocked("ops-ada", at: $0.now) }
            #expect(try await approve("ops-bob") == ["ops-bob"])
            #expect(try await states(platform, view) == [.waiting])
            #expect(try await approve("ops-cleo") == nil)
            #expect(try await states(platform, view) == [.queued])
            // Looked at again when a deployer asks for it.
            try await platform.store.write { try $0.accounts.removeGrants(of: "ops-bob") }
            guard case .refused = try await platform.claim(job.id) else {
                Issue.record("it was granted with one approval that counts")
                return
            }
            #expect(try await states(platform, view) == [.waiting])
            #expect(try await approve("ops-dan") == nil)
            guard case .granted = try await platform.claim(job.id) else {
                Issue.record("it was not granted although two who may have approved it")
                return
            }
        }
    }

    @Test func `Whoever is in a group that may approve does so as one of it, and nobody else`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: ["@shop/ops"], platform)
            let view = try await pushed(platform, file)
            try await platform.store.write { transaction in
                for (name, groups) in [("ada", ["shop/dev", "shop/ops"]), ("bob", ["shop"])] {
                    try PeopleOperations.add(name, displayName: nil, email: nil, by: .administrator, in: transaction)
                    guard var person = try transaction.people.find(name) else { continue }
                    person.groups = groups
                    try transaction.people.save(person)
                    try transaction.people.saveGroups(groups, of: name)
                    let scope = RepositoryScope.all
                    try transaction.accounts.grant(
                        Rights.Grant(role: .viewer, scope: scope), to: name, by: "test", now: transaction.now)
                    try transaction.access.add(
                        Token(name: "\(name)/t", account: name, createdAt: transaction.now), "slp_\(name)")
                }
            }
            let runs = platform.operations.runs
            let approve = VerdictRequest(approves: true)
            let bob = try await platform.operations.access.principal(token: "slp_bob")
            await #expect(throws: OperationError.self) {
                try await runs.decide(1, of: view.summary.id, approve, by: bob)
            }
            // An account may be called as the group is, and is none of it.
            await #expect(throws: OperationError.self) {
                try await runs.decide(1, of: view.summary.id, approve, by: platform.principal)
            }
            let ada = try await platform.operations.access.principal(token: "slp_ada")
            let approved = try await runs.decide(1, of: view.summary.id, approve, by: ada)
            #expect(approved.stages.first?.steps.first?.approval == nil)
            #expect(try await states(platform, view) == [.queued])
            let job = try #require(try await platform.jobs(of: view.summary.id).first)
            let kept = try await platform.store.read { try $0.environments.verdicts(of: job.id) }
            #expect(kept.map(\.name) == ["ada"] && kept.first?.group == "shop/ops")
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

    @Test func `Of those that wait to be approved the newest is left, and says so`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            func state(_ view: RunView) async throws -> [JobLease.State] { try await states(platform, view) }
            var earlier: [RunView] = []
            for _ in 1...3 { earlier.append(try await pushed(platform, file)) }
            let newest = try await pushed(platform, file)
            for view in earlier { #expect(try await state(view) == [.superseded]) }
            #expect(try await state(newest) == [.waiting])
            let ended = try #require(try await platform.reader.view(earlier[0].summary.id))
            #expect(ended.summary.state == .cancelled)
            #expect(
                ended.choice?.trace.last
                    == "step “deploy” is superseded: a newer rollout to default/default/deployment/web took its place: "
                    + "shop/web#2")
            // They use up nothing of what a repository may have under way.
            #expect(try await platform.store.read { try $0.runs.countOpen(of: PlatformFixture.path, limit: 10) } == 1)
            let approve = VerdictRequest(approves: true)
            _ = try await platform.operations.runs.decide(1, of: newest.summary.id, approve, by: platform.principal)
            #expect(try await state(newest) == [.queued])
        }
    }

    @Test func `One that is approved does not give way to one that may never be`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(1, of: [], platform)
            let approve = VerdictRequest(approves: true)
            func decide(_ view: RunView) async throws {
                _ = try await platform.operations.runs.decide(1, of: view.summary.id, approve, by: platform.principal)
            }
            let first = try await pushed(platform, file)
            try await decide(first)
            let second = try await pushed(platform, file)
            #expect(try await states(platform, first) == [.queued])
            #expect(try await states(platform, second) == [.waiting])
            try await decide(second)
            #expect(try await states(platform, first) == [.superseded])
            #expect(try await states(platform, second) == [.queued])
            // The same where a freeze holds what is approved.
            _ = try await platform.cancel(second.summary.id)
            var rules = Samples.production.rules
            rules.approvals = 1
            rules.freezes = Self.always
            try await platform.save(rules, as: "production")
            let third = try await pushed(platform, file)
            try await decide(third)
            let fourth = try await pushed(platform, file)
            #expect(try await states(platform, third) == [.waiting])
            try await decide(fourth)
            #expect(try await states(platform, third) == [.superseded])
            #expect(try await states(platform, fourth) == [.waiting])
        }
    }

    @Test func `Who has approved may refuse, and who may approve may refuse what a freeze holds`() async throws {
        try await PlatformFixture.with { platform in
            let runs = platform.operations.runs
            let (ada, bob) = (try await principal(platform, "ops-ada"), try await principal(platform, "ops-bob"))
            try await needing(2, of: ["ops-*"], platform)
            let view = try await pushed(platform, file)
            func approval(_ view: RunView) async throws -> ApprovalView {
                let now = try #require(try await platform.reader.view(view.summary.id))
                return try #require(now.stages.first?.steps.first?.approval)
            }
            _ = try await runs.decide(1, of: view.summary.id, VerdictRequest(approves: true), by: ada)
            let given = try await approval(view)
            #expect(!given.waits(for: "ops-ada") && given.mayBeRefused(by: "ops-ada"))
            #expect(given.waits(for: "ops-bob") && !given.mayBeRefused(by: "dev"))
            let refused = try await runs.decide(1, of: view.summary.id, VerdictRequest(approves: false), by: ada)
            #expect(refused.summary.state == .failure)
            #expect(refused.stages.first?.steps.first?.reason == "ops-ada refused the rollout to “production”")

            var rules = Samples.production.rules
            (rules.freezes, rules.approvers) = (Self.always, ["ops-*"])
            try await platform.save(rules, as: "production")
            let frozen = try await pushed(platform, file)
            let held = try await approval(frozen)
            #expect(held.until != nil && held.needed == 0)
            #expect(!held.waits(for: "ops-bob") && held.mayBeRefused(by: "ops-bob"))
            let refuse = VerdictRequest(approves: false, reason: "never")
            await #expect(throws: OperationError.self) {
                try await runs.decide(1, of: frozen.summary.id, refuse, by: platform.principal)
            }
            let ended = try await runs.decide(1, of: frozen.summary.id, refuse, by: bob)
            #expect(ended.summary.reason?.contains("ops-bob refused the rollout to “production”: never") == true)
        }
    }

    @Test func `Who changes the rules stands in the traces of the runs that wait`() async throws {
        try await PlatformFixture.with { platform in
            try await needing(2, of: [], platform)
            let view = try await pushed(platform, file)
            func trace() async throws -> [String] {
                let now = try await platform.reader.view(view.summary.id)
                return now?.choice?.trace.filter { $0.contains("by test at 2") } ?? []
            }
            // Saving what there is changes nothing.
            try await needing(2, of: [], platform)
            #expect(try await trace() == [])
            try await needing(1, of: [], platform)
            #expect(
                try await trace().map { $0.prefix { $0 != "2" } }
                    == ["the rules of the environment “production” were changed by test at "])
            try await platform.operations.environments.remove("production", as: platform.principal)
            #expect(try await trace().last?.hasPrefix("the environment “production” was removed by test at 2") == true)
        }
    }

    @Test func `A freeze that cannot be read says why`() async throws {
        try await PlatformFixture.with { platform in
            var rules = Samples.production.rules
            rules.freezes = [FreezeWindow(name: "night", from: "22:00", until: "06:00", zone: "Mars/Olympus")]
            // As where the machine was changed for one without its time zones.
            try await platform.store.write { [rules] in
                try $0.environments.save(
                    Environment(name: "production", rules: rules, updatedBy: "ada", updatedAt: $0.now))
            }
            let view = try await pushed(platform, file)
            #expect(
                view.stages.first?.steps.first?.reason
                    == "the freeze “night” of the environment “production” cannot be read: “Mars/Olympus” is no time zone of "
                    + "the platform's machine: write it as Europe/Berlin or UTC")
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
            try await platform.pass()
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
            try await platform.pass(.seconds(1))
            try await needing(1, of: [], platform)
            let view = try await pushed(platform, "timeout: 10m\n" + file)
            #expect(try await platform.engine.nextDeadline() == nil)
            try await platform.engine.expire(now: Timestamp.now.adding(.seconds(86_400)))
            #expect(try await states(platform, view) == [.waiting])
            _ = try await platform.operations.runs.decide(
                1, of: view.summary.id, VerdictRequest(approves: true), by: platform.principal)
            let (deadline, now) = try await platform.store.read { tables in
                (try tables.runs.stages(of: view.summary.id).first?.deadline, try tables.heardTime.now())
            }
            #expect(deadline == now.adding(.seconds(600)))
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
