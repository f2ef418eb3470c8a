import Contracts
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What a list costs is what it shows, however much there is that is not shown.
@Suite struct ListPlanTests {
    /// Who sees everything, a group, one repository, hundreds by a role of each, and nothing.
    private static let viewers: [[String]] = [
        ["**"], ["shop/**"], ["shop/*"], ["shop/web"], (0..<300).map { "team\($0 % 7)/service\($0)" }, [],
    ]

    private static func visibility(_ scopes: [String]) -> Visibility {
        Visibility(scopes.compactMap { RepositoryScope($0) })
    }

    @Test(arguments: viewers) func `No list reads a table of runs or of the log from its beginning to its end`(
        scopes: [String]
    ) async throws {
        let visibility = Self.visibility(scopes)
        try await PlatformFixture.with { platform in
            try await Self.fill(platform)
            try await platform.store.read { tables in
                guard tables.database.dialect == .sqlite else { return }
                let (_, queries) = try QueryRecorder.record(tables.database) { database in
                    let tables = Snapshot(database: database)
                    for state in [nil, RunState.failure] {
                        for repository in [nil, RepositoryPath(rawValue: "shop/web")] {
                            var query = RunQuery(repository: repository, state: state)
                            query.visibility = visibility
                            for before in [nil, try tables.runs.list().items.last?.id] {
                                _ = try tables.runs.list(query, before: before)
                            }
                        }
                    }
                    for account in [nil, "ada"] {
                        for operation in [nil, "run.start"] {
                            for repository in [nil, RepositoryPath(rawValue: "shop/web")] {
                                var query = AuditQuery(account: account, operation: operation, repository: repository)
                                query.visibility = visibility
                                _ = try tables.audits.page(query, limit: 20)
                                query.since = .now
                                query.until = .now
                                _ = try tables.audits.page(query, limit: 20)
                            }
                        }
                    }
                    for text in [nil, "web"] {
                        _ = try tables.repositories.matching(text, visibility, offset: 0, limit: 50)
                    }
                    _ = try tables.repositories.all(visibility)
                    _ = try tables.repositories.paths(visibility, limit: 100)
                    _ = try tables.repositories.associations(visibility)
                    _ = try tables.secrets.all(visibility)
                }
                #expect(queries.count > 10)
                for query in queries {
                    let scans = query.plan.filter { $0.hasPrefix("SCAN runs") || $0.hasPrefix("SCAN audit") }
                    #expect(scans.isEmpty, "\(query)")
                    #expect(!query.plan.contains { $0.contains("TEMP B-TREE") }, "\(query)")
                }
            }
        }
    }

    /// The runs of one repository are all older than thousands of others'.
    @Test(arguments: viewers.dropFirst()) func `A page of runs reads no runs that are not on it`(
        scopes: [String]
    ) async throws {
        try await PlatformFixture.with { platform in
            try await Self.fill(platform)
            try await platform.store.read { tables in
                var query = RunQuery()
                query.visibility = Self.visibility(scopes)
                let everything = try tables.runs.list(limit: 10_000).items
                let expected = everything.filter { query.visibility.covers($0.repository) }.prefix(20).map(\.id)
                let (page, queries) = try QueryRecorder.record(tables.database) {
                    try Snapshot(database: $0).runs.list(query, limit: 20)
                }
                #expect(page.items.map(\.id) == Array(expected))
                let found = queries.filter { $0.sql.contains("SELECT * FROM runs") }
                #expect(found.reduce(0) { $0 + $1.rowCount } <= 21)
                #expect(queries.count <= 10, "\(queries.map(\.sql))")
            }
        }
    }

    /// So many that a condition for each would be more than SQLite takes.
    @Test func `Who has thousands of roles sees their runs`() async throws {
        let scopes = (0..<3000).map { "shop/service\($0)" } + ["shop/web"]
        let visibility = Self.visibility(scopes)
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let seen = try await platform.store.read { tables -> [RepositoryPath] in
                var query = RunQuery()
                query.visibility = visibility
                return try tables.runs.list(query).items.map(\.repository)
                    + tables.repositories.all(visibility).map(\.path)
                    + tables.repositories.matching("web", visibility, offset: 0, limit: 9).items.map(\.path)
            }
            #expect(seen == Array(repeating: PlatformFixture.path, count: 3))
        }
    }

    /// A busy repository, one whose runs are the oldest, and many between them.
    private static func fill(_ platform: PlatformFixture) async throws {
        try await platform.store.write { transaction in
            func add(_ path: String) throws {
                let path = RepositoryPath(rawValue: path)
                try transaction.runs.insert(
                    RunSummary(
                        id: .make(), repository: path, number: try transaction.runs.nextNumber(of: path),
                        state: .success, reason: nil, event: .push, ref: "refs/heads/main", branch: "main", commit: nil,
                        sender: nil, createdAt: transaction.now, startedAt: nil, finishedAt: nil),
                    details: RunDetails(
                        trigger: Trigger(id: .make(), event: .push, repository: path, ref: "refs/heads/main")))
                try transaction.audits.add(
                    AuditEntry(
                        at: transaction.now, account: "ada", via: "token", operation: "run.start", subject: "a run",
                        repository: path))
            }
            for _ in 0..<30 { try add("shop/web") }
            for number in 0..<300 { try add("team\(number % 7)/service\(number)") }
            for number in 0..<200 { try add(number % 10 == 0 ? "shop/api" : "team1/service1") }
        }
    }
}
