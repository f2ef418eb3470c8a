import Contracts
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Testing

@testable import Pipeline
@testable import Runtime

/// The audit log beside everything that changes something: a new operation, route or command without an entry fails.
@Suite struct AuditCompletenessTests {
    /// Those of the walk that make no difference to what its scene has.
    private static let others = [
        RightsDoor(.saveComponent) {
            try await $0.platform.operations.components.save(
                [["step": "compile", "commands": ["make all"]]], as: "web", by: $1)
        },
        RightsDoor(.saveRepository) {
            try await $0.platform.operations.repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git", defaultBranch: "trunk"),
                as: RightsScene.path, by: $1)
        },
    ]

    private static func doors(to operation: Operation) -> [RightsDoor] {
        (RightsDoor.all + others).filter { door in
            if case .ended = door.kind { return false }
            return door.operation == operation && door.call != nil && (door.isChange || !operation.rule.isChange)
        }
    }

    private static let changes = Operation.allCases.filter { $0.rule.isChange && $0 != .serveStages }

    @Test(arguments: changes)
    func `A change is written with its entry, or not at all`(operation: Operation) async throws {
        var hasChanged = false
        for door in Self.doors(to: operation) {
            let isChanged = try await PlatformFixture.with { platform -> Bool in
                let call = try #require(door.call)
                let scene = try await RightsScene.make(platform, for: operation, as: "test")
                try await platform.store.store.write { try $0.run(script: "ALTER TABLE audit RENAME TO auditAway") }
                let before = try await rows(platform)
                await #expect(throws: (any Error).self) { _ = try await call(scene, platform.principal) }
                #expect(try await rows(platform) == before, "\(operation) changed something that is not in the log")
                try await platform.store.store.write { try $0.run(script: "ALTER TABLE auditAway RENAME TO audit") }

                let noted = try await entries(platform)
                _ = try await call(scene, platform.principal)
                let new = try await entries(platform).dropLast(noted.count)
                #expect(Self.own(new, operation.rawValue) == [operation.rawValue])
                #expect(new.first?.account == "test" && new.first?.token == "test" && new.first?.via == "token")
                return try await rows(platform) != before
            }
            hasChanged = hasChanged || isChanged
        }
        // Here all is sealed with the newest key already.
        #expect(hasChanged || operation == .reseal, "none of the doors changes anything")
    }

    @Test(arguments: Operation.allCases.filter { !$0.rule.isChange })
    func `What is only seen changes nothing, and is not in the log`(operation: Operation) async throws {
        for door in Self.doors(to: operation) {
            try await PlatformFixture.with { platform in
                let scene = try await RightsScene.make(platform, for: operation, as: "test")
                let (noted, before) = (try await entries(platform), try await rows(platform))
                _ = try await door.call?(scene, platform.principal)
                #expect(try await entries(platform) == noted)
                #expect(try await rows(platform) == before, "\(operation) changes something and is no change")
            }
        }
    }

    // MARK: - Ways

    /// The routes that change something and are no door's: ``AuditOfSignInTests`` takes them, but for the one that only
    /// makes a code to be let in with.
    private static let signIn: Set = [
        "POST /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/link", "POST /api/v1/login",
        "POST /api/v1/login/token", "PUT /api/v1/me/password", "POST /sign-in", "POST /sign-out", "POST /link",
        "POST /login", "POST /account",
    ]

    @Test func `Every route that changes something is a door's, or one to sign in by`() async throws {
        try await PlatformFixture.with { platform in
            let routes = try PipelineRouter.routes(
                platform.operations, publicURL: "https://slipway.example", logger: Logger(label: "test")
            ).routes.filter { $0.method != .get }.map { "\($0.method.rawValue) \($0.path)" }
            let doors = RightsDoor.all.flatMap { [$0.api, $0.page].compactMap { $0?.name } }
            #expect(Set(routes).subtracting(doors) == Self.signIn)
        }
    }

    /// What each command of the program does, and how it gets into the log.
    private static let commands = [
        "database check": "sees", "database compact": "changes no row",
        "database copy": "copies the log, too", "database migrate": "the upgrade's events",
        "broker definitions": "files of the broker's", "token list": "sees", "token make": "token.make-others",
        "token revoke": "token.revoke-others", "link make": "person.manage", "keys make": "key.add, at the next start",
        "keys rotate": "key.add, at the next start", "keys check": "sees",
        "keys retire": "key.retire, at the next start",
    ]

    /// The operations of entries, without the roles that go with an account.
    private static func own(_ entries: some Sequence<AuditView>, _ expected: String) -> [String] {
        entries.map(\.operation).filter { $0 == expected || !["role.give", "role.take"].contains($0) }
    }

    @Test func `Every command of the program is known, and what one changes is in the log`() async throws {
        try await PlatformFixture.with { platform in
            let operations = platform.operations
            let all =
                DatabaseCommands.all + BrokerCommands.all
                + TokenCommands(settings: []) { _, _, body in try await body(operations.tokens) }.all
                + LinkCommands(settings: []) { _, _, body in try await body(operations.people) }.all
                + KeyFileCommands(settings: []) { _, _, body in try await body(operations.keys) }.all
            #expect(Set(all.map(\.name)) == Set(Self.commands.keys))
            for (name, environment) in [
                ("token make", ["SLIPWAY_NAME": "robot", "SLIPWAY_ROLE": "viewer"]),
                ("token revoke", ["SLIPWAY_NAME": "robot"]), ("link make", ["SLIPWAY_NAME": "ada"]),
                ("token list", [:]),
            ] as [(String, [String: String])] {
                let command = try #require(all.first { $0.name == name })
                let noted = try await entries(platform)
                try await command.run(Settings(arguments: [], environment: environment), Logger(label: "test"))
                let new = try await entries(platform).dropLast(noted.count)
                let expected = Self.commands[name] ?? ""
                #expect(Self.own(new, expected) == (name == "token list" ? [] : [expected]))
                #expect(new.allSatisfy { $0.via == "machine" && $0.account == Principal.administrator.name })
            }
        }
    }

    // MARK: - What there is

    private func entries(_ platform: PlatformFixture) async throws -> [AuditView] {
        try await platform.store.read { try $0.audits.page(AuditQuery(), limit: 10_000).items }
    }

    /// All that is kept, beside the log.
    private func rows(_ platform: PlatformFixture) async throws -> [String: [String]] {
        let tables = try await platform.store.store.tables().map(\.name).filter { !$0.hasPrefix("audit") }
        return try await platform.store.store.read { database in
            var rows: [String: [String]] = [:]
            for table in tables {
                rows[table] = try database.rows("SELECT * FROM \(table)").map { "\($0.values)" }.sorted()
            }
            return rows
        }
    }
}
