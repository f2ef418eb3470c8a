import Contracts
import Messaging
import Testing

@testable import Pipeline

@Suite struct RunFollowerTests {
    private func chunk(_ platform: PlatformFixture, _ job: Job, _ offset: Int64, _ text: String) async throws {
        try await platform.printed("test", job, at: offset, text)
    }

    @Test(.timeLimit(.minutes(1)))
    func `A follower is told each state and every byte of log, and ends with the run`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            var follower = platform.reader.follow(run.id, logs: .all)
            var wakes = follower.watch.wakes.makeAsyncIterator()
            var told = try await follower.next()
            #expect(told.count == 1)

            _ = try await platform.claim(job.id)
            try await platform.started("test", job)
            _ = await wakes.next()
            told = try await follower.next()
            guard case .run(let view)? = told.first else {
                Issue.record("the change was not told")
                return
            }
            #expect(view.summary.state == .running)

            try await chunk(platform, job, 0, "one\n")
            _ = await wakes.next()
            told = try await follower.next()
            #expect(told == [.log(step: 1, offset: 0, text: "one\n")])

            let report = StepReport(
                step: "test", outcome: .success, exitCode: 0, startedAt: .now, finishedAt: .now, logBytes: 8)
            try await platform.ended(job, steps: [report])
            _ = await wakes.next()
            told = try await follower.next()
            #expect(told.count == 1)
            #expect(!follower.isComplete, "half of the log is still on its way")

            try await chunk(platform, job, 4, "two\n")
            _ = await wakes.next()
            told = try await follower.next()
            #expect(told == [.log(step: 1, offset: 4, text: "two\n")])
            told = try await follower.next()
            #expect(told.isEmpty)
            #expect(follower.isComplete)
        }
    }

    @Test func `One who comes late is told what is new, and where it begins`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await chunk(platform, job, 0, "one\n")
            var follower = platform.reader.follow(run.id, logs: .new)
            let first = try await follower.next()
            guard case .run(let view)? = first.first else {
                Issue.record("the run was not told")
                return
            }
            #expect(first.count == 1)
            #expect(view.stages[0].steps[0].logBytes == 4)
            try await chunk(platform, job, 4, "two\n")
            let next = try await follower.next()
            #expect(next == [.log(step: 1, offset: 4, text: "two\n")])
        }
    }
}
