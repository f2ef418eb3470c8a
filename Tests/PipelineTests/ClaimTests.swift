import Contracts
import FoundationEssentials
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// Which job a worker gets, and what waits meanwhile.
@Suite struct ClaimTests {
    private static let gpu = """
        node: {hardware: gpu}
        steps:
          - {name: train, image: alpine, commands: ["true"]}
        """

    private func granted(_ reply: JobClaimReply) throws -> JobGrant {
        guard case .granted(let grant) = reply else { throw StoreError(.corrupt, "not granted: \(reply)") }
        return grant
    }

    private func code(_ reply: JobClaimReply) -> JobClaimReply.Refusal.Code? {
        guard case .refused(let refusal) = reply else { return nil }
        return refusal.code
    }

    // MARK: - What an operator watches

    @Test func `What has not ended is counted by queue and state, with the oldest that waits`() async throws {
        try await PlatformFixture.with { platform in
            #expect(try await platform.store.openWork().jobs.isEmpty)
            for id in ["a", "b", "c"] { try await platform.push(Samples.single, trigger: id, message: id) }
            _ = try granted(try await platform.ask())
            let queue = "slipway.build.default"
            let work = try await platform.store.openWork(now: .now.adding(.seconds(900)))
            #expect(work.runs == 3 && work.deadLetters == 0)
            #expect(work.jobs == [.init(queue: queue, state: "queued"): 2, .init(queue: queue, state: "leased"): 1])
            #expect((900..<960).contains(work.oldest[queue] ?? 0))
        }
    }

    // MARK: - Turns

    @Test func `The repository that was served the longest ago comes first, its oldest job first`() async throws {
        try await PlatformFixture.with { platform in
            let names = ["a/a", "b/b", "c/c"].map(RepositoryPath.init(rawValue:))
            for name in names { try await platform.register(name) }
            // The first one floods the queue before the others push at all.
            for (name, count) in zip(names, [4, 2, 1]) {
                for number in 1...count {
                    let id = "\(name)-\(number)"
                    try await platform.push(Samples.single, trigger: id, message: id, repository: name)
                }
            }
            var order: [String] = []
            for _ in 0..<7 {
                let grant = try granted(try await platform.ask())
                order.append("\(grant.repository)\(grant.environment["DRONE_BUILD_NUMBER"] ?? "")")
            }
            #expect(order == ["a/a1", "b/b1", "c/c1", "a/a2", "b/b2", "a/a3", "a/a4"])
            #expect(code(try await platform.ask()) == .nothing)
            // Who comes anew was served the longest ago: never.
            try await platform.register(RepositoryPath(rawValue: "d/d"))
            try await platform.push(Samples.single, trigger: "a5", message: "a5", repository: names[0])
            try await platform.push(
                Samples.single, trigger: "d1", message: "d1", repository: RepositoryPath(rawValue: "d/d"))
            #expect(try granted(try await platform.ask()).repository.rawValue == "d/d")
        }
    }

    @Test func `A job that comes back is offered again, and once its run is cancelled it is not`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let grant = try granted(try await platform.ask())
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            #expect(code(try await platform.ask()) == .nothing)
            try await platform.ended(job, .released)
            #expect(try granted(try await platform.ask()).attempt == 2)
            try await platform.ended(job, .released, attempt: 2)
            _ = try await platform.cancel(run.id)
            #expect(code(try await platform.ask()) == .nothing)
            #expect(grant.job == job.id)
        }
    }

    /// Nobody knows whether the first answer arrived but the worker, who says that it did not.
    @Test func `The same claim is answered in the same way, and gives no second job`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            let first = try granted(try await platform.ask(id: "c1"))
            let again = try granted(try await platform.ask(id: "c1"))
            #expect(again.job == first.job && again.attempt == first.attempt)
            #expect(try granted(try await platform.ask(id: "c2")).job != first.job)
            // Another worker's claim is not that one, whatever its id.
            #expect(code(try await platform.ask(worker: "w2", id: "c1")) == .nothing)
            let job = try #require(try await platform.store.read { try $0.jobs.find(first.job) })
            try await platform.ended(job)
            #expect(code(try await platform.ask(id: "c1")) == .nothing)
        }
    }

    @Test func `A rollout that may not go yet is passed over`() async throws {
        try await PlatformFixture.with { platform in
            let step = """
                steps:
                  - name: deploy
                    deploy: {environment: production, workload: deployment/web, container: web, image: "a:1"}
                """
            try await platform.push(step)
            let deployers = WorkerScope(cluster: "default")
            _ = try granted(try await platform.ask(deployers, worker: "d1"))
            try await platform.push(step, trigger: "t2", message: "m2")
            #expect(code(try await platform.ask(deployers, worker: "d2")) == .nothing)
            #expect(code(try await platform.ask()) == .nothing)
        }
    }

    /// A builder cannot have a rollout, whatever it names: what it takes is not a cluster's.
    @Test func `A builder is given no rollout by naming its job`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(
                """
                steps:
                  - name: deploy
                    deploy: {environment: production, workload: deployment/web, container: web, image: "a:1"}
                """)
            let run = try #require(try await platform.runs().first)
            let rollout = try #require(try await platform.jobs(of: run.id).first)
            #expect(rollout.kind == .rollout)
            #expect(code(try await platform.ask(wake: rollout.id)) == .nothing)
        }
    }

    /// A label that nobody serves leaves nothing behind, and one that is served no more than when that was.
    @Test func `What is kept of turns is that of workers there are, and a grant touches its own`() async throws {
        try await PlatformFixture.with { platform in
            func turns() async throws -> [String] {
                try await platform.store.read { tables in
                    try tables.database.rows("SELECT labels, served, isOpen FROM turns ORDER BY labels").map {
                        "\(try $0["labels"] as String) \(try $0["served"] as Int) \(try $0["isOpen"] as Int)"
                    }
                }
            }
            try await platform.announce("b1")
            for label in ["a", "b", "c"] {
                try await platform.push(
                    "node: {kind: \(label)}\nsteps: [{name: x, image: alpine, commands: [\"true\"]}]", trigger: label,
                    message: label)
            }
            try await platform.push(Samples.single)
            _ = try granted(try await platform.ask())
            #expect(try await turns() == [#"["a"] 0 1"#, #"["b"] 0 1"#, #"["c"] 0 1"#, "[] 1 0"])
            for run in try await platform.runs() { _ = try await platform.cancel(run.id) }
            #expect(try await turns() == ["[] 1 0"])
            try await platform.store.write { try $0.turns.prune() }
            #expect(try await turns() == ["[] 1 0"])
            try await platform.announce("b1", isLeaving: true)
            try await platform.store.write { try $0.turns.prune() }
            #expect(try await turns() == [])
        }
    }

    /// Whatever a claim looks at, it finds by an index.
    @Test func `A claim reads no table from its beginning to its end`() async throws {
        try await PlatformFixture.with { platform in
            let plans = try await platform.store.read { tables -> [[String]] in
                func plan(_ sql: String, _ values: [any DatabaseValueConvertible]) throws -> [String] {
                    try tables.database.rows("EXPLAIN QUERY PLAN \(sql)", values).map { try $0["detail"] as String }
                }
                guard tables.database.dialect == .sqlite else { return [] }
                return [
                    try plan(TurnStore.choice, ["q", "[]", 5]),
                    try plan(JobStore.counting(.atWork, ofRepository: true), ["shop/web", 5]),
                    try plan(JobStore.claimed, ["c"]),
                ]
            }
            for plan in plans {
                #expect(!plan.isEmpty)
                #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") || $0 == "SCAN open" }, "\(plan)")
                #expect(plan.allSatisfy { !$0.contains("TEMP B-TREE") }, "\(plan)")
            }
        }
    }

    /// However many jobs are at work: their rows would be read for every claim, and by the timer after it.
    @Test func `A claim reads the rows of no other jobs at work`() async throws {
        try await PlatformFixture.with { platform in
            let plans = try await platform.store.read { tables -> [[String]] in
                guard tables.database.dialect == .sqlite else { return [] }
                return try [JobStore.claimed, JobStore.counting(.atWork, ofRepository: false)].map { sql in
                    try tables.database.rows("EXPLAIN QUERY PLAN \(sql)", [1]).map { try $0["detail"] as String }
                }
                    + [
                        try tables.database.rows("EXPLAIN QUERY PLAN \(JobStore.counting)").map {
                            try $0["detail"] as String
                        }
                    ]
            }
            for plan in plans {
                let jobs = plan.filter { $0.contains("jobs") }
                #expect(jobs.allSatisfy { $0.contains("COVERING INDEX") || $0.contains("(claim=?)") }, "\(plan)")
            }
        }
    }

    // MARK: - Labels

    /// They used to be messages without a queue, which filled the relay's window for good.
    @Test func `450 jobs for a label nobody serves stop no delivery, say so, and end with their runs`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.announce("b1")
            for n in 1...450 { try await platform.push(Self.gpu, trigger: "t\(n)", message: "m\(n)") }
            // Nothing that waits to be sent is refused for want of a queue.
            let sent = try await platform.sent()
            #expect(sent.filter { $0.type == "BuildRequested" }.count == 450)
            #expect(sent.filter { $0.type == "BuildRequested" }.allSatisfy { !$0.mandatory })
            let runs = try await platform.runs()
            let reason = "no builder serves gpu; there are: default"
            let view = try #require(try await platform.reader.view(runs[0].id))
            #expect(view.summary.reason == reason)
            #expect(view.stages[0].steps[0].reason == reason)
            // What others wait for goes on.
            try await platform.push(Samples.single, trigger: "other", message: "other")
            #expect(try granted(try await platform.ask()).steps == ["test"])
            #expect(code(try await platform.ask()) == .nothing)

            try await platform.announce("b2", WorkerScope(labels: ["gpu"]))
            #expect(try await platform.reader.view(runs[0].id)?.summary.reason == "waits for a builder")
            #expect(try await platform.sentWork().last == "JobsWaiting")
            #expect(try granted(try await platform.ask(WorkerScope(labels: ["gpu"]))).steps == ["train"])
            try await platform.announce("b2", WorkerScope(labels: ["gpu"]), isLeaving: true)
            #expect(try await platform.reader.view(runs[0].id)?.summary.reason == reason)
            #expect(try await platform.cancel(runs[0].id).summary.reason != reason)
        }
    }

    @Test func `A wake that came to a builder of other labels calls the ones it was for`() async throws {
        try await PlatformFixture.with { platform in
            let gpu = WorkerScope(labels: ["gpu"])
            try await platform.announce("b1")
            try await platform.announce("b2", gpu)
            try await platform.push(Self.gpu)
            func calls() async throws -> [JobsWaiting] {
                try await platform.sent().filter { $0.type == "JobsWaiting" }
                    .map { try Wire.decode(JobsWaiting.self, from: Data($0.body.utf8)) }
            }
            #expect(try await calls() == [])
            #expect(code(try await platform.ask()) == .nothing)
            #expect(try await calls() == [JobsWaiting(scope: gpu)])
            // One that nothing woke took no wake away.
            #expect(code(try await platform.ask(wake: nil)) == .nothing)
            #expect(try await calls().count == 1)
            _ = try granted(try await platform.ask(gpu, worker: "b2"))
            #expect(code(try await platform.ask()) == .nothing)
            #expect(try await calls().count == 1)
        }
    }

    @Test func `A job whose wake came to others wakes builders of the version before again`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.announce("new", WorkerScope(labels: ["gpu"]))
            try await platform.push(Samples.single)
            #expect(code(try await platform.ask(WorkerScope(labels: ["gpu"]), worker: "new")) == .nothing)
            func wakes() async throws -> Int {
                try await platform.sentWork().filter { $0 == "BuildRequested → slipway.build.default" }.count
            }
            let before = try await wakes()
            try await platform.engine.recount()
            #expect(try await wakes() == before + 1)
            // Builders of the version before had no labels in this queue.
            try await platform.push(Self.gpu, trigger: "labelled", message: "labelled")
            try await platform.announce("new", WorkerScope(labels: ["gpu"]), isLeaving: true)
            let labelled = try await wakes()
            for _ in 1...2 { try await platform.engine.recount() }
            #expect(try await wakes() == labelled + 1)
            // One that announces itself is called without.
            try await platform.announce("b1")
            try await platform.engine.recount()
            #expect(try await wakes() == labelled + 1)
        }
    }

    @Test func `What nobody takes is woken again at longer and longer pauses`() {
        let pauses = WakePauses()
        let pool = WorkerScope(pool: "gone")
        let day = 480
        var wakes: [Int] = []
        for round in 0..<(3 * day) where pauses.due([pool, pool]) == [pool] { wakes.append(round) }
        #expect(wakes.prefix(5) == [0, 2, 6, 14, 30])
        #expect(wakes.count <= 12)
        // Once it was served, or had nothing to wait for, it begins anew.
        #expect(pauses.due([]) == [])
        #expect(pauses.due([pool]) == [pool])
    }

    @Test func `A claim passes over so many jobs only, and is called again for the rest`() async throws {
        try await PlatformFixture.with { platform in
            for number in 0..<40 {
                try await platform.push(Samples.single, trigger: "\(number)", message: "\(number)")
            }
            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["other/*"]), as: "default", by: .administrator)
            #expect(code(try await platform.ask()) == .nothing)
            let open = try await platform.runs().filter { !$0.state.isFinal }.count
            #expect(open > 0 && open < 40)
            #expect(try await platform.sentWork().last == "JobsWaiting")
            #expect(code(try await platform.ask(wake: nil)) == .nothing)
            #expect(try await platform.runs().allSatisfy(\.state.isFinal))
        }
    }

    @Test func `A pool's builders get what asks for the pool, and nothing else`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.operations.pools.save(
                PoolRules(repositories: ["**"]), as: "big", by: platform.principal)
            try await platform.push(
                """
                node: {pool: big, hardware: gpu}
                steps:
                  - {name: train, image: alpine, commands: ["true"]}
                """)
            #expect(try await platform.sentWork().last == "BuildRequested → slipway.build.big")
            let run = try #require(try await platform.runs().first).id
            try await platform.announce("b1")
            func reason() async throws -> String? { try await platform.reader.view(run)?.summary.reason }
            #expect(try await reason() == "no builder of the pool big serves gpu; there are none")
            try await platform.announce("b2", WorkerScope(pool: "big"))
            #expect(try await reason() == "no builder of the pool big serves gpu; there are: default")
            let others = [
                WorkerScope(), WorkerScope(labels: ["gpu"]), WorkerScope(pool: "big"),
                WorkerScope(pool: "other", labels: ["gpu"]),
            ]
            for other in others { #expect(code(try await platform.ask(other)) == .nothing) }
            // A worker of the version before has no pool: it is one of the usual one.
            let job = try #require(try await platform.jobs(of: run).first)
            #expect(code(try await platform.claim(job.id)) == .nothing)
            _ = try granted(try await platform.ask(WorkerScope(pool: "big", labels: ["gpu"])))
        }
    }

    /// A builder of the version before says nothing of its labels, and might not be able to do it.
    @Test func `A builder that does not say its labels gets what needs none`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Self.gpu)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            try await platform.announce("b2", WorkerScope(labels: ["gpu"]))
            let before = try await platform.sentWork().filter { $0 == "JobsWaiting" }.count
            #expect(code(try await platform.claim(job.id)) == .nothing)
            // Its wake was for a builder of the label, which is called instead.
            #expect(try await platform.sentWork().filter { $0 == "JobsWaiting" }.count == before + 1)
            for n in 2...3 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            let runs = try await platform.runs()
            let newest = try #require(try await platform.jobs(of: runs[0].id).first)
            #expect(try granted(try await platform.claim(newest.id)).job == newest.id)
            // Another has the job of this wake: the one whose wake that one had waits still.
            let older = try #require(try await platform.jobs(of: runs[1].id).first)
            #expect(try granted(try await platform.claim(newest.id, worker: "w2")).job == older.id)
        }
    }

    /// A label may have a dot in it, which a queue's name had between two.
    @Test func `Jobs that waited in a queue of their labels wait for the same builders after an upgrade`() async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.push(
                """
                node: {image: ubuntu22.04, hardware: gpu}
                steps:
                  - {name: train, image: alpine, commands: ["true"]}
                """)
            let run = try #require(try await platform.runs().first)
            let choice = try #require(try await platform.reader.view(run.id)?.choice)
            let document = try #require(try await platform.store.read { try $0.components.process(choice.digest) })
            let labels = ["gpu", "ubuntu22.04"]
            let directory = platform.directory + "/before"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let database = try await TestDatabase.make(in: directory)
            let before = try await database.open(
                Array(Schema.migrations.prefix { $0.name != WorkerStore.migration.name }))
            try await before.write { database in
                try database.execute(
                    """
                    INSERT INTO runs (id, trigger, repository, number, state, event, ref, createdAt)
                    VALUES (?, 't', ?, 1, 'running', 'push', 'refs/heads/main', 1)
                    """, [run.id, PlatformFixture.path])
                try database.execute(
                    "INSERT INTO runDetails (run, trigger, choice) VALUES (?, '{}', ?)", [run.id, JSONColumn(choice)])
                try database.execute(
                    "INSERT INTO processes (digest, document, createdAt) VALUES (?, ?, 1)", [choice.digest, document])
                let queues = ["slipway.build." + labels.joined(separator: "."), "slipway.build.default"]
                for (number, queue) in queues.enumerated() {
                    try database.execute(
                        """
                        INSERT INTO jobs (id, run, stage, place, kind, steps, queue, state, attempt, losses, timeLimit,
                            createdAt)
                        VALUES (?, ?, 0, 0, 'build', '[]', ?, 'queued', 1, 0, 60, ?)
                        """, ["j\(number)", run.id, queue, number])
                    try Outbox().append(
                        PreparedMessage(
                            id: MessageID(rawValue: "j\(number).1"), type: "BuildRequested", version: 1,
                            exchange: "slipway", routingKey: queue, body: "{}"), in: database)
                }
            }
            try await before.close()
            let after = PipelineStore(store: try await database.open(Schema.migrations))
            let (special, usual, sent) = try await after.read { tables in
                (
                    try tables.turns.next(WorkerScope(labels: labels)), try tables.turns.next(WorkerScope()),
                    try Outbox().rows(in: tables.database).map(\.message)
                )
            }
            #expect(special == JobID(rawValue: "j0") && usual == JobID(rawValue: "j1"))
            #expect(sent.map(\.id.rawValue) == ["j0.1", "j1.1"])
            #expect(sent.allSatisfy { !$0.mandatory && $0.routingKey == "slipway.build.default" })
            #expect(sent.allSatisfy { $0.exchange == MessageMap.build(pool: "default").exchange })
            try await after.store.close()
            try await database.remove()
        }
    }

    // MARK: - Workers

    @Test func `A run says why nobody takes its job, by what the workers say`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first).id
            func reason() async throws -> String? { try await platform.reader.view(run)?.summary.reason }
            #expect(try await reason() == "no builder serves default; there are none")
            try await platform.announce("b1", problem: "docker: it cannot be reached")
            #expect(
                try await reason() == "no builder that serves default is ready: b1: docker: it cannot be reached")
            try await platform.announce("b1")
            #expect(try await reason() == "waits for a builder")
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first).id
            _ = try granted(try await platform.ask(worker: "b1"))
            #expect(
                try await platform.reader.view(second)?.summary.reason
                    == "waits for a builder: the one that serves default is at work")
            try await platform.announce("b2", WorkerScope(labels: ["arm64"]), slots: 3)
            try await platform.announce("b1", slots: 3)
            for id in ["c2", "c3"] { _ = try await platform.ask(worker: "b1", id: id) }
            try await platform.announce("b1", isLeaving: true)
            try await platform.push(Samples.single, trigger: "t3", message: "m3")
            let third = try #require(try await platform.runs().first).id
            #expect(
                try await platform.reader.view(third)?.summary.reason
                    == "no builder serves default; there are: arm64")
        }
    }

    @Test func `Those who watch a run are told when what it waits for changes`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first).id
            let watch = platform.store.changes.watch(run)
            defer { watch.end() }
            try await platform.announce("b1", problem: "docker: away")
            #expect(watch.take().runs == [run])
            try await platform.announce("b1", problem: "docker: away")
            #expect(watch.take().runs.isEmpty)
            try await platform.announce("b1")
            #expect(watch.take().runs == [run])
            try await platform.announce("b1", isLeaving: true)
            #expect(watch.take().runs == [run])
        }
    }

    @Test func `A worker that was started anew gives up the jobs of its life before at once`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            try await platform.announce("b1", life: "1", slots: 2)
            let old = try granted(try await platform.ask(worker: "b1", life: "1"))
            // The claim of the next life may be handled before its announcement.
            let new = try granted(try await platform.ask(worker: "b1", life: "2"))
            try await platform.announce("b1", life: "2", slots: 2, ended: ["1"])
            func leases() async throws -> [JobLease?] {
                try await platform.store.read { tables in
                    try [old.job, new.job].map { try tables.jobs.find($0)?.lease }
                }
            }
            #expect(try await leases().map { $0?.state } == [.queued, .leased])
            #expect(try await leases().map { $0?.attempt } == [2, 1])
            #expect(try granted(try await platform.ask(worker: "b2")).job == old.job)
            // What the life before says at its end concerns the next one no more.
            try await platform.announce("b1", life: "1", isLeaving: true)
            #expect(try await platform.store.read { try $0.workers.find("b1", of: WorkerScope().queue)?.life } == "2")
        }
    }

    @Test func `A worker that comes back in another pool is there at once, and its name is nobody's elsewhere`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let gpu = WorkerScope(pool: "gpu")
            try await platform.push(Samples.single)
            try await platform.announce("b1", life: "1")
            let grant = try granted(try await platform.ask(worker: "b1", life: "1"))
            let before = try await platform.store.read { try $0.jobs.find(grant.job)?.lease.until }
            try await platform.announce("b1", gpu, life: "2")
            func pools() async throws -> [String] {
                try await platform.operations.workers.list(as: platform.principal).map { "\($0.pool) \($0.jobs)" }
            }
            #expect(try await pools() == ["default 1", "gpu 0"])
            // What the one of the other pool has is not touched.
            #expect(try await platform.store.read { try $0.jobs.find(grant.job)?.lease.until } == before)
            try await platform.announce("b1", gpu, life: "2", isLeaving: true)
            #expect(try await pools() == ["default 1"])
        }
    }

    /// By a copied data folder, or by a setting: then each goes on with what it has, and nothing is started twice. That the
    /// other's life has ended neither of them knows.
    @Test func `Two workers of one name take no job from each other`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            try await platform.announce("b1", life: "1")
            let grant = try granted(try await platform.ask(worker: "b1", life: "1"))
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            for _ in 0..<6 {
                try await platform.announce("b1", life: "2", ended: ["0"])
                try await platform.announce("b1", life: "1")
                try await platform.heartbeat(job)
                try await platform.pass(platform.engine.configuration.terms.length / 2)
            }
            let now = try #require(try await platform.store.read { try $0.jobs.find(grant.job)?.lease })
            #expect(now.state == .leased && now.attempt == 1 && now.losses == 0)
            #expect(try await platform.store.read { try $0.workers.find("b1", of: WorkerScope().queue)?.life } == "2")
            #expect(try await platform.sentWork().contains("JobCancelled") == false)
        }
    }

    @Test
    func `A worker that is drained ends what it has and is given no more, whatever its life, until it is resumed`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let workers = platform.operations.workers
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            await #expect(throws: OperationError.self) { try await workers.drain("b1", as: platform.principal) }
            try await platform.announce("b1", life: "1", slots: 2)
            let id = MessageID.make().rawValue
            let grant = try granted(try await platform.ask(worker: "b1", id: id, life: "1"))
            try await workers.drain("b1", as: platform.principal)
            try await workers.drain("b1", as: platform.principal)
            // What it was given before it is told again.
            #expect(try granted(try await platform.ask(worker: "b1", id: id, life: "1")).job == grant.job)
            #expect(code(try await platform.ask(worker: "b1", life: "1")) == .nothing)
            try await platform.announce("b1", life: "2", slots: 2)
            #expect(code(try await platform.ask(worker: "b1", life: "2")) == .nothing)
            let view = try #require(try await workers.list(as: platform.principal).first)
            #expect(!view.isReady && view.drainedBy == "test" && view.jobs == 1)
            let waiting = try #require(try await platform.runs().first { $0.id != grant.run })
            let words = "b1: is drained by test: it ends what it has and takes no more"
            #expect(try await platform.reader.view(waiting.id)?.summary.reason?.contains(words) == true)
            #expect(code(try await platform.ask(worker: "b2")) == nil)
            try await workers.resume("b1", as: platform.principal)
            try await platform.push(Samples.single, trigger: "t3", message: "m3")
            _ = try granted(try await platform.ask(worker: "b1", life: "2"))
            await #expect(throws: OperationError.self) { try await workers.resume("b1", as: platform.principal) }
        }
    }

    /// Nothing stands behind it for ever.
    @Test func `A job that cannot be given to anyone ends, and the next one goes`() async throws {
        try await PlatformFixture.with { platform in
            for n in 1...3 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            let runs = try await platform.runs().sorted { $0.number < $1.number }
            try await platform.store.write { transaction in
                // One without its commit, and one that cannot be read at all.
                try transaction.database.execute("UPDATE runs SET sha = NULL WHERE id = ?", [runs[0].id])
                try transaction.database.execute(
                    "UPDATE runDetails SET progress = '{}' WHERE run = ?", [runs[1].id])
            }
            #expect(try granted(try await platform.ask()).run == runs[2].id)
            let first = try #require(try await platform.reader.view(runs[0].id)).summary
            #expect(first.state == .failure)
            #expect(try await platform.jobs(of: runs[1].id).first?.lease.state == .finished)
            #expect(code(try await platform.ask()) == .nothing)
        }
    }

    @Test func `A grant carries on the trace of the push that led to it`() async throws {
        try await PlatformFixture.with { platform in
            let traces = [Traceparent.make(), Traceparent.make()]
            for (n, trace) in traces.enumerated() {
                try await MessageContext.$current.withValue(MessageContext(id: .make(), traceparent: trace)) {
                    try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)")
                }
            }
            for trace in traces { #expect(try granted(try await platform.ask()).traceparent == trace) }
        }
    }

    /// A wake can be lost with a queue, and an announcement of waiting jobs with a connection.
    @Test func `A worker with a free slot that says it is there is called where jobs wait for it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            try await platform.announce("b1", problem: "docker: away")
            #expect(try await platform.sentWork().contains("JobsWaiting") == false)
            try await platform.announce("b1")
            #expect(try await platform.sentWork().filter { $0 == "JobsWaiting" }.count == 1)
            _ = try granted(try await platform.ask(worker: "b1"))
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            // Its slot is taken.
            try await platform.announce("b1")
            #expect(try await platform.sentWork().filter { $0 == "JobsWaiting" }.count == 1)
        }
    }

    @Test func `Workers are listed with what they take and whether they are ready`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.announce("b1", WorkerScope(labels: ["gpu"]), slots: 4, problem: "docker: away")
            try await platform.announce("d1.staging", WorkerScope(cluster: "staging"), slots: 8)
            try await platform.announce("b2")
            try await platform.push(Samples.single)
            _ = try granted(try await platform.ask(worker: "b2"))
            let list = try await platform.operations.workers.list(as: platform.principal)
            let lines = list.map { "\($0.name) \($0.kind) \($0.takes) \($0.jobs)/\($0.slots) \($0.problem ?? "ready")" }
            #expect(
                Set(lines) == [
                    "b1 builder gpu 0/4 docker: away", "b2 builder default 1/1 ready",
                    "d1.staging deployer staging 0/8 ready",
                ])
            // One that is silent is not ready, whatever it said last.
            let later = Timestamp.now.adding(Worker.patience).adding(.seconds(30))
            let worker = try #require(
                try await platform.store.read { try $0.workers.find("b2", of: WorkerScope().queue) })
            #expect(worker.view(jobs: 0, now: later).problem == "was last heard of 2m ago")
            #expect(try await platform.store.read { try $0.workers.heard(at: later) } == [])
        }
    }
}
