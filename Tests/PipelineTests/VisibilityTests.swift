import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Messaging
import PipelineLanguage
import TestSupport
import Testing

@testable import Pipeline

/// What one may not see does not exist for them: in lists, counts, searches, messages and live streams.
@Suite struct VisibilityTests {
    private static let paths = [
        "other/app", "shop", "shop/a/deep", "shop/api", "shop/web", "shop0", "shop_x/web", "shopping/web", "zoo/web",
    ]

    private static let sets: [[String]] = [
        [], ["**"], ["shop/*"], ["shop/**"], ["shop/web"], ["shop/a/**", "zoo/web"], ["shop_x/*", "other/**"],
        ["shop"], ["shop/**", "shop/web", "shop/*"],
    ]

    @Test(arguments: sets) func `A list of repositories is the same in SQL and in words`(scopes: [String]) async throws
    {
        let visibility = Visibility(scopes.compactMap { RepositoryScope($0) })
        try await PlatformFixture.with { platform in
            for path in Self.paths { try await platform.register(RepositoryPath(rawValue: path)) }
            let paths = Self.paths.map { RepositoryPath(rawValue: $0) }
            let expected = paths.filter(visibility.covers)
            let store = platform.store
            #expect(try await store.read { try $0.repositories.all(visibility).map(\.path) } == expected)
            #expect(try await store.read { try $0.repositories.paths(visibility, limit: 100) } == expected)
            let found = try await store.read {
                try $0.repositories.matching("WEB", visibility, offset: 0, limit: 100).items.map(\.path)
            }
            #expect(found == expected.filter { $0.rawValue.contains("web") })
            let (page, count) = try await store.read {
                try $0.repositories.matching(nil, visibility, offset: 1, limit: 2)
            }
            #expect(page.map(\.path) == Array(expected.dropFirst().prefix(2)))
            #expect(count == expected.count)
        }
    }

    @Test(
        arguments: ["**", "shop/**", "shop/*", "shop/web"],
        ["**", "shop/**", "shop/*", "shop/web", "zoo/*", "shop/a/**"])
    func `What two scopes have in common is what both cover`(left: String, right: String) throws {
        let (left, right) = (try #require(RepositoryScope(left)), try #require(RepositoryScope(right)))
        let common = left.intersection(right)
        #expect(common == right.intersection(left))
        for path in Self.paths.map({ RepositoryPath(rawValue: $0) }) {
            #expect((common?.covers(path) ?? false) == (left.covers(path) && right.covers(path)), "\(path)")
            for scope in [left, right] where scope.covers(path) {
                for glob in ["**", "shop/*", "sh*/web", "*/web", path.rawValue]
                where RolloutPermit.covers([glob], path.rawValue) {
                    #expect(Visibility([scope]).mayCover([glob]), "\(scope.text) \(glob)")
                }
            }
        }
        #expect(RepositoryScope(left.text) == left)
    }

    @Test func `What is no scope is none`() {
        for text in ["", "*", "/*", "/**", "shop/", "shop/w*", "*/web", "../x/*", "shop/**/web", "shop/[a]"] {
            #expect(RepositoryScope(text) == nil, "\(text)")
        }
    }

    /// Every page of every filter has just the runs of the whole list that are visible, in its order.
    @Test func `Pages of runs have what is visible, in order, none twice and none left out`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                for _ in 0..<120 {
                    let other = Self.paths.randomElement() ?? "shop/web"
                    let path = RepositoryPath(rawValue: Bool.random() ? "shop/web" : other)
                    let state: RunState = Bool.random() ? .success : .failure
                    let id = RunID.make()
                    try transaction.runs.insert(
                        RunSummary(
                            id: id, repository: path, number: try transaction.runs.nextNumber(of: path), state: state,
                            reason: nil, event: .push, ref: "refs/heads/main", branch: "main", commit: nil,
                            sender: nil, createdAt: transaction.now, startedAt: nil, finishedAt: nil),
                        details: RunDetails(
                            trigger: Trigger(id: .make(), event: .push, repository: path, ref: "refs/heads/main")))
                }
            }
            let all = try await platform.reader.list(limit: 200).items
            for scopes in Self.sets {
                let visibility = Visibility(scopes.compactMap { RepositoryScope($0) })
                for state in [nil, RunState.success] {
                    for limit in [1, 7, 50] {
                        var query = RunQuery(state: state)
                        query.visibility = visibility
                        var found: [RunID] = []
                        var before: RunID?
                        repeat {
                            let page = try await platform.reader.list(query, before: before, limit: limit)
                            found += page.items.map(\.id)
                            before = page.next.map { RunID(rawValue: $0) }
                        } while before != nil
                        let expected = all.filter {
                            visibility.covers($0.repository) && (state == nil || $0.state == state)
                        }
                        #expect(found == expected.map(\.id), "\(scopes) \(limit)")
                    }
                }
            }
        }
    }

    /// The gaps between what pages are named by would count what is hidden.
    @Test func `The next page is named by what is seen, and by nothing hidden`() async throws {
        try await PlatformFixture.with { platform in
            let hidden = RepositoryPath(rawValue: "finance/pay")
            try await platform.register(hidden)
            for (number, path) in [PlatformFixture.path, hidden, PlatformFixture.path].enumerated() {
                try await platform.push(
                    Samples.single, trigger: "t\(number)", message: "m\(number)", repository: path)
            }
            let runs = try await platform.runs().map(\.id)
            let dev = try await platform.principal("dev", .viewer, in: "shop/*")
            let operations = platform.operations.runs
            let first = try await operations.list(limit: 1, as: dev)
            #expect(first.next == runs[0].rawValue)
            let second = try await operations.list(before: runs[0], limit: 1, as: dev)
            #expect(second.items.map(\.id) == [runs[2]] && second.next == nil)
            for other in [runs[1], RunID(rawValue: "2")] {
                let refusal = OperationError.invalid(
                    "malformed_query", "before=\(other) is not the `next` of a page")
                await #expect(throws: refusal) { try await operations.list(before: other, as: dev) }
            }
        }
    }

    @Test func `Lists, searches and messages have nothing of what is hidden`() async throws {
        try await PlatformFixture.with { platform in
            let hidden = RepositoryPath(rawValue: "finance/pay")
            try await platform.register(hidden)
            try await platform.push(Samples.single)
            let operations = platform.operations
            let shown = try await platform.runs()[0].id
            try await platform.push(Samples.single, trigger: "t2", message: "m2", repository: hidden)
            let secret = try await platform.runs()[0].id
            _ = try await platform.save([["step": "a", "commands": ["true"]]], as: "web")
            for path in [hidden, PlatformFixture.path] {
                try await operations.repositories.associate(
                    [AssociationView(component: "web", events: [], branches: [])], with: path, as: platform.principal)
                _ = try await operations.secrets.save(
                    SecretRequest(value: "v"), as: "token", of: .repository(path), by: platform.principal)
            }
            _ = try await operations.secrets.save(
                SecretRequest(value: "v"), as: "token", of: .group("finance"), by: platform.principal)
            _ = try await operations.pools.save(
                PoolRules(repositories: ["finance/*"]), as: "pay", by: platform.principal)
            _ = try await operations.pools.save(
                PoolRules(repositories: ["finance/*", "shop/*"]), as: "both", by: platform.principal)
            var rules = Samples.production.rules
            rules.repositories = ["finance/pay"]
            try await platform.save(rules, as: "vault")
            let dev = try await platform.principal("dev", .maintainer, in: "shop/*")

            #expect(try await operations.repositories.all(as: dev).map(\.path) == [PlatformFixture.path])
            let found = try await operations.repositories.search("pay", from: 0, limit: 10, as: dev)
            #expect(found.items.isEmpty && found.count == 0)
            #expect(try await operations.repositories.paths(limit: 100, as: dev) == [PlatformFixture.path])
            #expect(try await operations.repositories.source(of: hidden, as: dev) == nil)
            #expect(try await operations.runs.list(as: dev).items.map(\.id) == [shown])
            #expect(try await operations.runs.list(RunQuery(repository: hidden), as: dev).items.isEmpty)
            #expect(try await operations.runs.find(secret, as: dev) == nil)
            #expect(try await operations.components.view("web", as: dev).repositories == [PlatformFixture.path])
            #expect(
                try await operations.secrets.all(as: dev).map(\.owner) == ["shop/web"])
            #expect(try await operations.environments.all(as: dev).map(\.name) == ["production"])
            await #expect(throws: OperationError.unknown(environment: "vault")) {
                try await operations.environments.view("vault", as: dev)
            }
            let pools = try await operations.pools.all(as: dev)
            #expect(pools.map(\.name) == ["both"] && pools.first?.rules.repositories == ["shop/*"])
            await #expect(throws: OperationError.unknown(pool: "pay")) {
                try await operations.pools.view("pay", as: dev)
            }
            // The words are those for what was never there: another group's server is not told either.
            for path in [hidden, RepositoryPath(rawValue: "finance/none")] {
                await #expect(throws: OperationError.unknown(path)) {
                    try await operations.repositories.view(path, as: dev)
                }
                await #expect(throws: OperationError.unknown(path)) {
                    try await operations.runs.start(RunRequest(repository: path), as: dev)
                }
            }
        }
    }

    @Test func `What a stream tells is what its reader sees, and it ends when that is something else`() async throws {
        try await PlatformFixture.with { platform in
            let hidden = RepositoryPath(rawValue: "finance/pay")
            try await platform.register(hidden)
            _ = try await platform.principal("dev", .viewer, in: "shop/*")
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let operations = platform.operations
            try await Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)))
                .test(.live) { client in
                    let port = try #require(client.port)
                    let session = try await operations.signIn(token: "slp_dev")
                    var readers: [StreamReader] = []
                    for (path, header) in [
                        ("/api/v1/events", "Authorization: Bearer slp_dev"),
                        ("/live/runs", "Cookie: slipway_session=\(session)"),
                    ] {
                        readers.append(try await StreamReader.open(port: port, path, header))
                    }
                    let count = readers.count
                    try await eventually("all watch") { platform.store.changes.watcherCount == count }
                    try await platform.push(Samples.single, repository: hidden)
                    let secret = try await platform.runs()[0].id
                    try await platform.push(Samples.single, trigger: "t2", message: "m2")
                    let shown = try await platform.runs()[0].id
                    for reader in readers {
                        try await eventually("the run is told") {
                            reader.text.contains(shown.rawValue)
                        }
                        #expect(!reader.text.contains(secret.rawValue) && !reader.text.contains("finance"))
                        // Not even that something happened: what is silent is said at a heartbeat.
                        #expect(!reader.text.contains("still here"))
                    }
                    try await platform.store.write { transaction in
                        try transaction.accounts.removeGrants(of: "dev")
                    }
                    try await eventually(within: .seconds(45), "all have ended") {
                        platform.store.changes.watcherCount == 0
                    }
                    for reader in readers { reader.close() }
                }
        }
    }
}
