import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Runtime
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// The audit log: who did what, from where, and what was before and is since. That each change is in it, the walk of the
/// rights holds.
@Suite struct AuditTests {
    private func entries(
        _ platform: PlatformFixture, _ query: AuditQuery = AuditQuery()
    ) async throws -> [AuditView] {
        try await platform.operations.audit.list(query, limit: 200, as: .administrator).items
    }

    @Test func `An entry has what was before and what is since, and never a secret`() async throws {
        try await PlatformFixture.with { platform in
            let (operations, principal) = (platform.operations, platform.principal)
            var rules = SecretRules()
            for value in ["hush-1", "hush-2"] {
                _ = try await operations.secrets.save(
                    SecretRequest(value: value, rules: rules), as: "token", of: .repository(PlatformFixture.path),
                    by: principal)
                rules.refs = ["refs/heads/main"]
            }
            _ = try await operations.secrets.save(
                RegistryRequest(username: "robot", password: "hush-3"), for: "harbor.example", as: principal)
            _ = try await operations.repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git", token: "hush-4"),
                as: PlatformFixture.path, by: principal)
            _ = try await operations.runs.start(
                RunRequest(repository: PlatformFixture.path, parameters: ["password": "hush-5"]), as: principal)
            let made = try await operations.tokens.make(TokenRequest(name: "ci", role: .viewer), as: principal)
            let own = try await operations.tokens.make(TokenRequest(name: "test"), as: principal)
            // It ends what it came with.
            let renewed = try await operations.access.principal(token: own.token)
            try await operations.tokens.revoke("test", as: renewed)

            let all = try await entries(platform)
            #expect(
                all.map(\.operation) == [
                    "token.revoke", "token.make", "token.make-others", "role.give", "run.start", "repository.save",
                    "registry.save", "secret.save", "secret.save",
                ])
            let text = String(decoding: try Wire.encode(all), as: UTF8.self)
            for secret in ["hush", made.token, own.token, "slp_"] { #expect(!text.contains(secret), "\(secret)") }
            let saved = try #require(all.first { $0.operation == "secret.save" })
            #expect(saved.account == "test" && saved.token == "test" && saved.via == "token")
            #expect(saved.repository == PlatformFixture.path && saved.subject == "token of shop/web")
            #expect(saved.before?["rules"]?["refs"] == [])
            #expect(saved.after?["rules"]?["refs"] == ["refs/heads/main"] && saved.after?["value"] == "given")
            // Only what was given is said to be.
            let registry = try #require(all.first { $0.operation == "registry.save" })
            #expect(registry.before == nil && registry.after?["password"] == "given")
        }
    }

    @Test func `What a job is given of secrets, and the beginning of a rollout, is told with its run`() async throws {
        try await PlatformFixture.with { platform in
            for name in ["API_KEY", "OTHER"] {
                _ = try await platform.operations.secrets.save(
                    SecretRequest(value: "hush"), as: name, of: .repository(PlatformFixture.path), by: .administrator)
            }
            try await platform.push(
                """
                steps:
                  - name: test
                    image: alpine
                    environment: {KEY: {from_secret: API_KEY}}
                    commands: ["true"]
                """)
            let first = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: first.id).first)
            // It asks a second time under the same id, and is given the same once.
            guard case .granted = try await platform.claim(job.id) else {
                Issue.record("it was not granted")
                return
            }
            let used = try await entries(platform, AuditQuery(operation: "secret.use"))
            #expect(used.map(\.subject) == ["API_KEY"])
            #expect(used.first?.run == first.id && used.first?.repository == PlatformFixture.path)
            #expect(used.first?.account == "the platform" && used.first?.origin == "w1")

            try await platform.push(RightsScene.deploy, trigger: "t2", message: "m2")
            let second = try #require(try await platform.runs().first)
            let rollout = try #require(try await platform.jobs(of: second.id).first)
            guard case .granted = try await platform.claim(rollout.id) else {
                Issue.record("it was not granted")
                return
            }
            let begun = try await entries(platform, AuditQuery(operation: "rollout.begin"))
            #expect(begun.map(\.subject) == ["production"] && begun.first?.run == second.id)
        }
    }

    @Test func `It is filtered, read in pages and as JSON lines, by administrators alone`() async throws {
        try await PlatformFixture.with { platform in
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://slipway", logger: Logger(label: "test"))
            for (name, repository) in [("a", "shop/*"), ("b", "other/*"), ("a", "shop/**")] {
                _ = try await platform.operations.pools.save(
                    PoolRules(repositories: [repository]), as: name, by: platform.principal)
            }
            try await platform.operations.pools.remove("b", as: .administrator)
            _ = try await platform.principal("boss", .maintainer, in: "**")
            try await Application(router: router).test(.router) { client in
                func get(_ path: String, as token: String = PlatformFixture.token) async throws -> TestResponse {
                    try await client.execute(
                        uri: path, method: .get, headers: [.authorization: "Bearer \(token)"])
                }
                func page(_ query: String) async throws -> Page<AuditView> {
                    let answer = try await get(APIPath.audit.path() + query)
                    return try Wire.decode(Page<AuditView>.self, from: Data(answer.body.readableBytesView))
                }
                let all = try await page("")
                #expect(all.items.map(\.operation) == ["pool.remove", "pool.save", "pool.save", "pool.save"])
                #expect(all.items.map(\.account) == ["the machine's administrator", "test", "test", "test"])
                #expect(try await page("?operation=pool.remove").items.map(\.subject) == ["b"])
                #expect(try await page("?account=test").items.map(\.subject) == ["a", "b", "a"])
                let first = try await page("?limit=3")
                #expect(try await page("?limit=3&before=\(first.next ?? "")").items == [all.items[3]])
                let later = Timestamp.now.adding(.seconds(60))
                #expect(try await page("?since=\(later)").items.isEmpty)
                #expect(try await page("?until=\(later)").items.count == 4)
                #expect(try await get(APIPath.audit.path() + "?since=yesterday").status == .badRequest)
                for path in [APIPath.audit, .auditExport] {
                    let unknown = try await get(path.path() + "?operation=environment.sav")
                    #expect(unknown.status == .badRequest || unknown.status == .unprocessableContent)
                    #expect(String(buffer: unknown.body).contains("environment.save"))
                }

                let lines = try await get(APIPath.auditExport.path() + "?account=test")
                #expect(lines.headers[.contentType] == "application/x-ndjson")
                let read = try String(buffer: lines.body).split(separator: "\n").map {
                    try Wire.decode(AuditView.self, from: Data($0.utf8))
                }
                #expect(read == all.items.filter { $0.account == "test" }.reversed())
                let rest = try await get(APIPath.auditExport.path() + "?after=\(read[0].id)")
                #expect(String(buffer: rest.body).split(separator: "\n").count == 3)
                #expect(try await get(APIPath.auditExport.path() + "?after=x").status == .badRequest)
                #expect(try await get(APIPath.auditExport.path() + "?after=99").body.readableBytes == 0)
                for path in [APIPath.audit, .auditExport] {
                    #expect(try await get(path.path(), as: "slp_boss").status == .forbidden)
                }
                // What comes over HTTP says from where.
                _ = try await client.execute(
                    uri: APIPath.pool.path(["a"]), method: .delete,
                    headers: [.authorization: "Bearer \(PlatformFixture.token)"])
                let origin = try #require(try await page("?limit=1").items.first?.origin)
                #expect(try await page("?origin=\(origin)").items.map(\.operation) == ["pool.remove"])
                #expect(try await page("?origin=192.0.2.7").items.isEmpty)
            }
        }
    }

    @Test func `What is too old goes, and nothing else`() async throws {
        try await PlatformFixture.with { platform in
            for name in ["a", "b"] {
                _ = try await platform.operations.pools.save(
                    PoolRules(repositories: ["shop/*"]), as: name, by: platform.principal)
            }
            let entries = try await entries(platform)
            try await platform.store.write { transaction in
                _ = try transaction.database.execute(
                    "UPDATE audit SET at = ? WHERE subject = 'a'", [transaction.now.adding(.seconds(-100))])
            }
            #expect(try await platform.store.write { try $0.audits.prune(before: $0.now.adding(.seconds(-50))) } == 1)
            #expect(try await self.entries(platform).map(\.subject) == ["b"])
            #expect(entries.count == 2)
        }
    }

    @Test func `It is kept for the days of the setting, by the platform's clock`() async throws {
        let settings = try await Settings(arguments: [], environment: ["SLIPWAY_AUDIT_DAYS": "2"])
        let days = try settings.value(PipelineSettings.auditDays)
        #expect(PipelineSettings.auditDays.variable == "SLIPWAY_AUDIT_DAYS" && days == 2)
        try await PlatformFixture.with { platform in
            let start = Timestamp.now
            @Sendable func day(_ number: Int) -> Timestamp { start.adding(.seconds(86_400 * number)) }
            for name in ["a", "b"] {
                _ = try await platform.operations.pools.save(
                    PoolRules(repositories: ["shop/*"]), as: name, by: platform.principal)
            }
            try await platform.store.write { transaction in
                for (name, moment) in [("a", day(-4)), ("b", day(-1))] {
                    _ = try transaction.database.execute("UPDATE audit SET at = ? WHERE subject = ?", [moment, name])
                }
            }
            let pruner = InboxPruner(
                store: platform.store, auditLife: .seconds(86_400 * days), logger: Logger(label: "test"))
            // Time goes on from the newest entry, yesterday's.
            for (step, now, kept) in [(0, 0, ["b"]), (2, 2, ["b"]), (1, 3, [])] as [(Int, Int, [String])] {
                try await pruner.prune(step: .seconds(86_400 * step), now: day(now))
                #expect(try await entries(platform).map(\.subject) == kept, "day \(now)")
            }
        }
    }
}
