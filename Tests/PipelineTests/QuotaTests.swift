import Contracts
import Messaging
import Testing

@testable import Pipeline

/// How much may be under way at a time.
@Suite struct QuotaTests {
    @Test func `The limit that a run meets is named, the repository's first`() throws {
        let quotas = Quotas(repositoryRuns: 2, runs: 3, repositoryJobs: 4, jobs: 5)
        let path = RepositoryPath(rawValue: "shop/web")
        func refusal(_ own: Int, _ all: Int, jobs: Int = 0, _ allJobs: Int = 0) -> String? {
            quotas.refusal(of: path) { repository, limit in
                min(repository == nil ? all : own, limit)
            } jobs: { repository, limit in
                min(repository == nil ? allJobs : jobs, limit)
            }
        }
        #expect(refusal(1, 2, jobs: 3, 4) == nil)
        #expect(
            refusal(2, 9)
                == "2 runs of shop/web wait or run already, and no more may (SLIPWAY_REPOSITORY_RUNS of pipeline); run it "
                + "again when some have ended")
        #expect(
            refusal(1, 3)
                == "3 runs wait or run already, and no more may (SLIPWAY_OPEN_RUNS of pipeline); run it again when some "
                + "have ended")
        #expect(refusal(1, 2, jobs: 4)?.hasPrefix("4 jobs of shop/web wait") == true)
        #expect(refusal(1, 2, jobs: 4)?.contains("SLIPWAY_REPOSITORY_JOBS of pipeline") == true)
        #expect(refusal(1, 2, jobs: 3, 5)?.contains("SLIPWAY_OPEN_JOBS of pipeline") == true)
    }

    /// The reason of the newest run after a push.
    private func reason(_ platform: PlatformFixture, _ file: String) async throws -> String? {
        let id = MessageID.make().rawValue
        try await platform.push(file, trigger: "t\(id)", message: "m\(id)")
        let run = try #require(try await platform.runs().first)
        return try await platform.reader.view(run.id)?.summary.reason
    }

    @Test func `A run with more stages, or a longer job, than may be names the limit`() async throws {
        try await PlatformFixture.with(quotas: Quotas(jobSeconds: 3600, stages: 2)) { platform in
            func stages(_ count: Int) -> String {
                (1...count).map {
                    "kind: pipeline\nname: p\($0)\nsteps: [{name: x, image: alpine, commands: [\"true\"]}]"
                }.joined(separator: "\n---\n")
            }
            #expect(try await reason(platform, stages(2))?.contains("SLIPWAY") == false)
            #expect(
                try await reason(platform, stages(3))
                    == "it has 3 stages, and a run has 2 at most (SLIPWAY_RUN_STAGES of pipeline); make several pipelines of "
                    + "it")
            let long = try await reason(platform, "name: web\ntimeout: 2h\n" + Samples.single)
            #expect(
                long?.hasSuffix(
                    "may take 7200 s by its timeout, and a job takes 3600 s at most (SLIPWAY_JOB_TIMEOUT_LIMIT of pipeline); "
                        + "write a shorter one") == true, "\(long ?? "")")
            #expect(try await reason(platform, "timeout: 1h\n" + Samples.single)?.contains("SLIPWAY") == false)
        }
    }

    @Test func `Jobs beyond those that may be at work wait, say why, and others go before them`() async throws {
        try await PlatformFixture.with(quotas: Quotas(repositoryAtWork: 1, atWork: 3)) { platform in
            let other = RepositoryPath(rawValue: "shop/api")
            try await platform.register(other)
            try await platform.announce("w1", slots: 4)
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            for n in 1...2 {
                try await platform.push(Samples.single, trigger: "o\(n)", message: "o\(n)", repository: other)
            }
            func job() async throws -> JobGrant? {
                if case .granted(let grant) = try await platform.ask() { grant } else { nil }
            }
            func waits(_ repository: RepositoryPath) async throws -> String? {
                let run = try await platform.runs().filter { $0.repository == repository }.max { $0.number < $1.number }
                return try await platform.reader.with(platform.engine.configuration.quotas).view(try #require(run).id)?
                    .summary.reason
            }
            let first = try #require(try await job())
            #expect(first.repository == PlatformFixture.path)
            #expect(
                try await waits(PlatformFixture.path)
                    == "waits for one of 1 jobs of shop/web to end: no more are at work at a time "
                    + "(SLIPWAY_REPOSITORY_JOBS_AT_WORK of pipeline)")
            #expect(try await waits(other) == "waits for a builder")
            #expect(try await job()?.repository == other)
            #expect(try await job() == nil)
            // Workers that were sent away are called when one has ended.
            let calls = try await platform.sentWork().filter { $0 == "JobsWaiting" }.count
            let ended = try #require(try await platform.store.read { try $0.jobs.find(first.job) })
            try await platform.ended(ended, steps: [StepReport(step: "test", outcome: .success, exitCode: 0)])
            #expect(try await platform.sentWork().filter { $0 == "JobsWaiting" }.count == calls + 1)
            #expect(try await job()?.repository == PlatformFixture.path)
            #expect(try await job() == nil)
        }
    }

    /// Labels are what pipelines make up: a call for each of them would come before everybody's work.
    @Test func `The end of a job calls the workers that are there, whatever labels others wait for`() async throws {
        try await PlatformFixture.with(quotas: Quotas(repositoryAtWork: 1)) { platform in
            try await platform.announce("w1")
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            for n in 1...20 {
                try await platform.push(
                    "node: {hardware: h\(n)}\n" + Samples.single, trigger: "l\(n)", message: "l\(n)")
            }
            guard case .granted(let grant) = try await platform.ask() else {
                Issue.record("the job is not granted")
                return
            }
            let job = try #require(try await platform.store.read { try $0.jobs.find(grant.job) })
            func calls() async throws -> Int { try await platform.sentWork().filter { $0 == "JobsWaiting" }.count }
            let before = try await calls()
            try await platform.ended(job)
            #expect(try await calls() == before + 1)
        }
    }

    @Test func `All jobs together have their limit too`() async throws {
        try await PlatformFixture.with(quotas: Quotas(atWork: 1)) { platform in
            for n in 1...2 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            guard case .granted = try await platform.ask(), case .refused(let refusal) = try await platform.ask() else {
                Issue.record("it was granted beyond the limit, or not at all")
                return
            }
            #expect(refusal.code == .nothing && refusal.reason == "1 jobs are at work, and no more may")
            let run = try #require(try await platform.runs().first)
            let view = try await platform.reader.with(platform.engine.configuration.quotas).view(run.id)
            #expect(view?.summary.reason?.contains("SLIPWAY_JOBS_AT_WORK of pipeline") == true)
        }
    }

    @Test func `Outputs beyond those that a run may have fail their step`() async throws {
        try await PlatformFixture.with(quotas: Quotas(outputBytes: 10)) { platform in
            try await platform.push(
                """
                steps:
                  - {name: one, image: alpine, commands: ["true"]}
                  - {name: two, image: alpine, commands: ["true"]}
                """)
            guard case .granted(let grant) = try await platform.ask() else {
                Issue.record("not granted")
                return
            }
            let job = try #require(try await platform.store.read { try $0.jobs.find(grant.job) })
            try await platform.started("one", job)
            try await platform.finished("one", job, outputs: ["a": "12345"])
            try await platform.started("two", job)
            try await platform.finished("two", job, outputs: ["b": "1234"])
            try await platform.ended(
                job,
                steps: [
                    StepReport(step: "one", outcome: .success, exitCode: 0, outputs: ["a": "12345"]),
                    StepReport(step: "two", outcome: .success, exitCode: 0, outputs: ["b": "1234"]),
                ])
            let view = try #require(try await platform.reader.view(grant.run))
            let steps = view.stages.flatMap(\.steps)
            #expect(steps.map(\.state) == [.success, .failure])
            #expect(steps[0].outputs == ["a": "12345"] && steps[1].outputs == [:])
            #expect(steps[1].reason?.contains("more than 10 bytes") == true)
            #expect(steps[1].reason?.contains("SLIPWAY_RUN_OUTPUTS_LIMIT of pipeline") == true)
            #expect(view.summary.state == .failure)
            #expect(grant.limits?.logBytes == Quotas().logBytes)
        }
    }

    /// As when many were started by hand while their source was being fetched.
    @Test func `Runs that came later do not count`() async throws {
        try await PlatformFixture.with(quotas: Quotas(repositoryRuns: 2)) { platform in
            var runs: [RunSummary] = []
            for _ in 1...4 {
                runs.append(try await platform.start(RunRequest(repository: PlatformFixture.path)).summary)
            }
            for (n, run) in runs.enumerated() {
                try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)", run: run.id)
            }
            let states = try await platform.runs().sorted { $0.number < $1.number }.map(\.state)
            #expect(states == [.pending, .pending, .failure, .failure])
        }
    }

    @Test func `What comes above the limit fails, others go on, and there is room when some have ended`() async throws {
        try await PlatformFixture.with(quotas: Quotas(repositoryRuns: 2, runs: 3)) { platform in
            let other = RepositoryPath(rawValue: "shop/api")
            try await platform.register(other)
            for n in 1...3 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            func states() async throws -> [RunState] {
                try await platform.runs().sorted { $0.number < $1.number }.filter { $0.repository != other }.map(
                    \.state)
            }
            #expect(try await states() == [.pending, .pending, .failure])
            let refused = try #require(try await platform.runs().first { $0.state == .failure })
            #expect(refused.reason?.contains("SLIPWAY_REPOSITORY_RUNS") == true, "\(refused.reason ?? "")")
            #expect(try await platform.jobs(of: refused.id).isEmpty)

            try await platform.push(Samples.single, trigger: "o1", message: "o1", repository: other)
            try await platform.push(Samples.single, trigger: "o2", message: "o2", repository: other)
            let others = try await platform.runs().filter { $0.repository == other }.sorted { $0.number < $1.number }
            #expect(others.map(\.state) == [.pending, .failure])
            #expect(others[1].reason?.contains("SLIPWAY_OPEN_RUNS") == true, "\(others[1].reason ?? "")")

            let first = try #require(try await platform.runs().first { $0.number == 1 && $0.repository != other })
            _ = try await platform.cancel(first.id)
            try await platform.push(Samples.single, trigger: "t4", message: "m4")
            #expect(try await states() == [.cancelled, .pending, .failure, .pending])
        }
    }
}

extension RunReader {
    fileprivate func with(_ quotas: Quotas) -> RunReader {
        var reader = self
        reader.quotas = quotas
        return reader
    }
}
