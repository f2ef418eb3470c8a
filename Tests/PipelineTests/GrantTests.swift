import AMQP
import Contracts
import FoundationEssentials
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What a worker may say of a job that was not granted to it: nothing.
@Suite struct GrantTests {
    private static func isRefused(
        _ report: (MessageContext) async throws -> Void
    ) async -> Bool {
        do {
            try await report(MessageContext(id: .make(), sender: "slipway-builder-default"))
            return false
        } catch MessageFailure.permanent {
            return true
        } catch {
            return false
        }
    }

    @Test func aReportWithoutItsGrantsTokenIsRefused() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            guard case .granted(let grant) = try await platform.claim(build.id) else {
                Issue.record("the job is not granted")
                return
            }
            #expect(grant.token == platform.token(build.id, attempt: grant.attempt))
            let jobs = platform.operations.jobs
            let another = platform.token(.init(rawValue: "j9"))
            for (attempt, token) in [
                (1, nil), (1, ""), (1, "x"), (1, another), (1, platform.token(build.id, attempt: 2)), (2, grant.token),
            ] {
                let ended = JobFinished(
                    job: build.id, run: run.id, attempt: attempt, outcome: .success, steps: [], token: token)
                #expect(await Self.isRefused { try await JobFinishedHandler(jobs: jobs).handle(ended, $0) })
                let step = StepFinished(
                    job: build.id, run: run.id, attempt: attempt,
                    report: StepReport(step: "compile", outcome: .success), token: token)
                #expect(await Self.isRefused { try await StepFinishedHandler(jobs: jobs).handle(step, $0) })
                let began = StepStarted(
                    job: build.id, run: run.id, attempt: attempt, step: "compile", at: .now, token: token)
                #expect(await Self.isRefused { try await StepStartedHandler(jobs: jobs).handle(began, $0) })
                let beat = JobHeartbeat(job: build.id, run: run.id, attempt: attempt, token: token)
                #expect(await Self.isRefused { try await JobHeartbeatHandler(jobs: jobs).handle(beat, $0) })
                let chunk = LogChunk(
                    job: build.id, run: run.id, attempt: attempt, step: "compile", offset: 0, text: "forged",
                    token: token)
                #expect(await Self.isRefused { try await LogChunkHandler(jobs: jobs).handle(chunk, $0) })
            }
            #expect(try await platform.jobs(of: run.id).first?.lease.state == .leased)
        }
    }

    /// What it was working on at the upgrade, and takes until it is updated itself.
    @Test func aWorkerOfAnEarlierVersionReportsForAWhile() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(build.id)
            let began = StepStarted(job: build.id, run: run.id, attempt: 1, step: "compile", at: .now)
            for (seconds, isTaken) in [(-1, false), (60, true)] {
                var configuration = platform.engine.configuration
                configuration.unsignedUntil = .now.adding(.seconds(seconds))
                let jobs = JobOperations(
                    engine: RunEngine(
                        store: platform.store, configuration: configuration, logger: platform.engine.logger),
                    intake: platform.operations.jobs.intake)
                #expect(
                    await Self.isRefused { try await StepStartedHandler(jobs: jobs).handle(began, $0) } != isTaken)
                // A token that is there has to be the right one all the same.
                var forged = began
                forged.token = "x"
                #expect(await Self.isRefused { try await StepStartedHandler(jobs: jobs).handle(forged, $0) })
            }
        }
    }

    /// What a worker of this version was granted is reported of with a token, also while others may still have none.
    @Test func aGrantOfThisVersionIsReportedOfWithItsToken() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            guard case .granted(let grant) = try await platform.ask(life: "1") else {
                Issue.record("the job is not granted")
                return
            }
            var configuration = platform.engine.configuration
            configuration.unsignedUntil = .now.adding(.seconds(60))
            let jobs = JobOperations(
                engine: RunEngine(
                    store: platform.store, configuration: configuration, logger: platform.engine.logger),
                intake: platform.operations.jobs.intake)
            let ended = JobFinished(job: grant.job, run: grant.run, attempt: 1, outcome: .success, steps: [])
            #expect(await Self.isRefused { try await JobFinishedHandler(jobs: jobs).handle(ended, $0) })
        }
    }

    @Test func anUpgradeIsNotedOnceAndANewInstallationHasNone() async throws {
        try await PlatformFixture.with { platform in
            let moment = try await platform.store.read { try $0.deadLetters.upgradedAt() }
            #expect(moment == nil)
        }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("grants-\(RunID.make())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let place = try await TestDatabase.make(in: folder)
        let number = try #require(Schema.migrations.firstIndex { $0.name == "2026-11 senders" })
        let before = try await place.open(Array(Schema.migrations[..<number]))
        try await before.write { _ = try Inbox().accept(.init(rawValue: "m1"), in: $0) }
        try await before.close()
        var moments: [Timestamp] = []
        for _ in 1...2 {
            let store = PipelineStore(store: try await place.open(Schema.migrations))
            moments.append(try #require(try await store.read { try $0.deadLetters.upgradedAt() }))
            try await store.store.close()
        }
        #expect(moments[0] == moments[1])
        try await place.remove()
    }

    /// The stage is the same, the grant is not: the next job rolls out what the builder made.
    @Test func aBuilderSaysNothingOfTheRolloutOfItsOwnRun() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            let step = "deploy"
            #expect(!build.steps.contains(step))
            _ = try await platform.claim(build.id)
            try await platform.started(step, build)
            try await platform.finished(step, build, outputs: ["digest": "forged"])
            let detail = try await platform.store.read { try $0.runs.step(step, stage: build.stage, of: run.id) }
            #expect(detail != nil)
            #expect(detail?.startedAt == nil && detail?.finishedAt == nil)
            #expect(detail?.outputs == [:])
            await #expect(throws: MessageFailure.self) { try await platform.printed(step, build, "forged") }
        }
    }

    /// An id is noted once; whoever noted that of a push to come would have it lost.
    @Test func aReportTakesNoOtherMessagesID() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(build.id)
            try await StepStartedHandler(jobs: platform.operations.jobs).handle(
                StepStarted(
                    job: build.id, run: run.id, attempt: 1, step: "compile", at: .now, token: platform.token(build.id)),
                MessageContext(id: .init(rawValue: "m2"), sender: "slipway-builder-default"))
            try await platform.push(Samples.delivery, trigger: "t2", message: "m2")
            #expect(try await platform.runs().count == 2)
        }
    }

    /// Whoever parks a message under the id of another one's neither replaces that nor has it sent as its own.
    @Test func aForgedParkedMessageStandsBesideTheHonestOne() async throws {
        try await PlatformFixture.with { platform in
            let letters = platform.operations.deadLetters
            // The broker may deliver each twice, in any order.
            for (sender, body) in [
                ("slipway-builder-default", "forged"), ("slipway-sync", "honest"),
                ("slipway-builder-default", "forged"),
                ("slipway-sync", "honest"),
            ] {
                try await letters.park(
                    DeadLetter(
                        id: .init(rawValue: "m1"), queue: "slipway.pipeline", type: "SourceSynced", version: 1,
                        run: nil,
                        contentType: "application/json", reason: "r", body: body, parkedAt: .now, sender: sender),
                    as: .otherStage)
            }
            let kept = try await letters.list(limit: 10, as: platform.principal).items
            #expect(kept.map(\.body) == ["honest", "forged"])
            for (letter, sender) in zip(kept, ["slipway-sync", "slipway-builder-default"]) {
                let found = try await platform.store.read { try $0.deadLetters.find(letter.id) }
                #expect(found?.resent.sender == sender)
            }
        }
    }

    /// Such as a push that sync was sent before the upgrade, and that it now cannot tell the sender of.
    @Test func whatIsParkedForWantOfALoginGoesOnDuringAnUpgrade() async throws {
        try await PlatformFixture.with { platform in
            let parked = IncomingMessage(
                exchange: "slipway.to.parked", routingKey: "slipway.parked", body: Array("{}".utf8),
                properties: MessageProperties(
                    messageID: "m1", type: "SyncRequested", userID: "slipway-sync",
                    headers: [
                        Header.sender: .string(BrokerLogin.unknown), Header.parkedQueue: "slipway.sync",
                    ]))
            let letters = platform.operations.deadLetters
            for isOpen in [false, true] {
                let letter = DeadLetterCollector.letter(parked, takesUnsigned: isOpen)
                #expect(letter.sender == BrokerLogin.unknown)
                #expect(DeadLetterCollector.isPassed(letter, parked, takesUnsigned: isOpen) == isOpen)
                #expect(letter.resent.sender == BrokerLogin.unknown)
                if isOpen { try await letters.pass(letter, as: .otherStage) }
            }
            #expect(try await platform.sentWork() == ["SyncRequested → slipway.sync"])
            // One that fails again is not sent round for ever.
            var failed = parked
            failed.properties.headers[Header.sender] = .string(BrokerLogin.earlier)
            let letter = DeadLetterCollector.letter(failed, takesUnsigned: true)
            #expect(!DeadLetterCollector.isPassed(letter, failed, takesUnsigned: true))
            #expect(letter.resent.sender == BrokerLogin.earlier)
        }
    }

    /// In the first day after an upgrade, too: whoever may park could leave out its login, and say what it likes of it.
    @Test func whatIsParkedWithoutALoginIsNobodys() {
        for (exchange, isOpen, sender) in [
            ("slipway.to.parked", true, BrokerLogin.unknown), ("slipway.to.parked", false, BrokerLogin.unknown),
            // By the broker, or by an earlier version: nobody else may publish there.
            ("slipway", true, BrokerLogin.earlier), ("slipway", false, BrokerLogin.unknown),
        ] {
            let message = IncomingMessage(
                exchange: exchange, routingKey: "slipway.parked", body: Array("{}".utf8),
                properties: MessageProperties(
                    messageID: "m1", type: "PushReceived",
                    headers: [
                        Header.sender: "slipway-webhook-gateway", Header.parkedQueue: "slipway.sync",
                        Header.parkedReason: .string("\(BrokerLogin.unsigned), so that nobody can tell who sent it"),
                    ]))
            let letter = DeadLetterCollector.letter(message, takesUnsigned: isOpen)
            #expect(letter.resent.sender == sender, "\(exchange) \(isOpen)")
            #expect(!DeadLetterCollector.isPassed(letter, message, takesUnsigned: isOpen))
        }
    }

    /// A service that was replaced first parks what it cannot tell the sender of, and the platform of before collects it.
    @Test func whatThePlatformOfBeforeCollectedForWantOfALoginGoesOnAfterIt() async throws {
        try await PlatformFixture.with { platform in
            let letters = platform.operations.deadLetters
            let reason = "\(BrokerLogin.unsigned), so that nobody can tell who sent it"
            let upgrade = Timestamp.now
            try await platform.upgraded(at: upgrade)
            for (id, queue, reason, sender) in [
                ("m1", "slipway.sync", reason, nil), ("m2", "slipway.retry.5s", reason, nil),
                ("m3", "slipway.sync", "it is no SyncRequested", nil), ("m4", "slipway.sync", reason, ""),
                ("m5", "slipway.sync", reason, nil), ("m6", "slipway.sync", reason, nil),
            ] as [(String, String, String, String?)] {
                try await letters.park(
                    DeadLetter(
                        id: .init(rawValue: id), queue: queue, type: "SyncRequested", version: 1, run: nil,
                        contentType: "application/json", reason: reason, body: "{}",
                        parkedAt: upgrade.adding(.seconds(id == "m6" ? 1 : -1)), sender: sender), as: .otherStage)
            }
            for _ in 1...2 { try await letters.passEarlier(as: .otherStage) }
            #expect(try await platform.sentWork() == ["SyncRequested → slipway.sync", "SyncRequested → slipway.sync"])
            let kept = try await letters.list(limit: 10, as: platform.principal).items
            // What came after the upgrade says of itself why it was parked.
            #expect(kept.map(\.id.rawValue) == ["m6", "m4", "m3", "m2"])
        }
    }

    /// In the first day after an upgrade: a login that it leaves out makes nobody a worker of another pool.
    @Test func whoBearsNoLoginIsAWorkerOfBefore() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.store.write { transaction in
                try transaction.database.execute(
                    "INSERT INTO formerWorkers (queue, name) VALUES (?, ?), (?, ?)",
                    [build.queue, "w1", "slipway.build.gpu", "w2"])
            }
            for worker in ["w2", "w3"] {
                let asked = await #expect(throws: Problem.self) {
                    try await platform.ask(worker: worker, login: BrokerLogin.earlier)
                }
                let claimed = await #expect(throws: Problem.self) {
                    try await platform.claim(build.id, worker: worker, login: BrokerLogin.earlier)
                }
                for problem in [asked, claimed] {
                    #expect(problem?.code == JobClaim.refusedLogin && problem?.message.contains(worker) == true)
                }
                await #expect(throws: MessageFailure.self) {
                    try await platform.announce(worker, login: BrokerLogin.earlier)
                }
            }
            try await platform.announce("w1", login: BrokerLogin.earlier)
            #expect(try await platform.claim(build.id, login: BrokerLogin.earlier).isGranted)
            // Updated, it bears its login, and nobody is it without.
            try await platform.announce("w1", login: "slipway-builder-default")
            await #expect(throws: MessageFailure.self) {
                try await platform.announce("w1", login: BrokerLogin.earlier)
            }
        }
    }

    @Test func aLoginClaimsNoJobOfAnotherPoolNorARollout() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.delivery)
            let run = try #require(try await platform.runs().first)
            let build = try #require(try await platform.jobs(of: run.id).first)
            for login in ["slipway-builder-gpu", "slipway-deployer-default", "slipway-sync", "slipway-notifier"] {
                // As a worker of the version before asks, and as one of this version.
                let asked = await #expect(throws: Problem.self) { try await platform.ask(login: login) }
                let claimed = await #expect(throws: Problem.self) { try await platform.claim(build.id, login: login) }
                for problem in [asked, claimed] {
                    #expect(problem?.code == JobClaim.refusedLogin && problem?.message.contains(login) == true)
                }
            }
            guard case .granted = try await platform.ask(id: "c1", login: "slipway-builder-default") else {
                Issue.record("its own pool is not granted the job")
                return
            }
            // What it was granted another gets neither under its name and the id of its claim.
            for scope in [WorkerScope(pool: "gpu"), WorkerScope(labels: ["gpu"])] {
                guard case .refused = try await platform.ask(scope, id: "c1", login: "shared") else {
                    Issue.record("\(scope) is granted what another one was")
                    continue
                }
            }
            try await platform.ended(build)
            await #expect(throws: Problem.self) {
                try await platform.ask(WorkerScope(cluster: "default"), login: "slipway-builder-default")
            }
        }
    }

    /// Whoever could would have people believe that a pool is served, or silence its workers.
    @Test func aLoginAnnouncesNoWorkerOfAnotherPool() async throws {
        try await PlatformFixture.with { platform in
            let gpu = WorkerScope(pool: "gpu")
            await #expect(throws: MessageFailure.self) {
                try await platform.announce("w1", gpu, login: "slipway-builder-default")
            }
            try await platform.announce("w1", gpu, login: "slipway-builder-gpu")
            try await platform.announce("w1", life: "2", login: "slipway-builder-default")
            let workers = try await platform.operations.workers.list(as: platform.principal)
            #expect(workers.map(\.pool) == ["default", "gpu"])
            #expect(try await platform.store.read { try $0.workers.find("w1", of: gpu.queue)?.life } == "1")
        }
    }
}
