import Contracts
import Messaging
import Testing

@testable import Pipeline

/// How much may be under way at a time.
@Suite struct QuotaTests {
    @Test func `The limit that a run meets is named, the repository's first`() throws {
        let quotas = Quotas(repositoryRuns: 2, runs: 3)
        let path = RepositoryPath(rawValue: "shop/web")
        func refusal(_ own: Int, _ all: Int) -> String? {
            quotas.refusal(of: path) { repository, limit in min(repository == nil ? all : own, limit) }
        }
        #expect(refusal(2, 3) == nil)
        #expect(
            refusal(3, 9)
                == "2 runs of shop/web wait or run already, and no more may (SLIPWAY_REPOSITORY_RUNS of pipeline); run it "
                + "again when some have ended")
        #expect(
            refusal(1, 4)
                == "3 runs wait or run already, and no more may (SLIPWAY_OPEN_RUNS of pipeline); run it again when some "
                + "have ended")
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
