import Contracts
import FoundationEssentials
import Testing

@testable import Pipeline

/// Roles are given and taken while who has them is at work.
@Suite struct RoleTests {
    private func refusal(_ body: () async throws -> Void) async throws -> String {
        do {
            try await body()
            return "none"
        } catch let error as OperationError {
            return "\(error.kind) \(error.problem.code)"
        }
    }

    @Test func `A role that is given or taken holds at the next request`() async throws {
        try await PlatformFixture.with { platform in
            let (roles, access) = (platform.operations.roles, platform.operations.access)
            var ci = try await platform.principal("ci", .viewer, in: "other/*")
            let repositories = platform.operations.repositories
            #expect(try await repositories.all(as: ci).isEmpty)
            let view = try await roles.give(
                RoleRequest(role: .developer), within: "shop/*", to: "ci", by: platform.principal)
            #expect(view.role == .developer && view.scope == "shop/*" && view.givenBy == "test")
            ci = try await access.principal(token: "slp_ci")
            #expect(try await repositories.all(as: ci).count == 1)
            _ = try await roles.give(RoleRequest(role: .viewer), within: "shop/*", to: "ci", by: platform.principal)
            ci = try await access.principal(token: "slp_ci")
            #expect(
                try await refusal {
                    _ = try await platform.operations.runs.start(RunRequest(repository: PlatformFixture.path), as: ci)
                } == "forbidden not_allowed")
            #expect(
                try await roles.all(as: platform.principal).map { "\($0.holder) \($0.role) \($0.scope)" }
                    == ["ci viewer other/*", "ci viewer shop/*", "test administrator **"])
            try await roles.take(within: "shop/*", from: "ci", by: platform.principal)
            ci = try await access.principal(token: "slp_ci")
            #expect(try await repositories.all(as: ci).isEmpty)
            #expect(
                try await refusal { try await roles.take(within: "shop/*", from: "ci", by: platform.principal) }
                    == "notFound unknown_role")
        }
    }

    @Test func `A group has a role, and who is in it has it too`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.operations.roles.give(
                RoleRequest(role: .maintainer), within: "shop/**", to: "@shop/ops", by: platform.principal)
            let rights = try await platform.store.read { tables in
                (try tables.accounts.rights(of: "anna"), try tables.accounts.rights(of: "anna", groups: ["shop/ops"]))
            }
            #expect(rights.0 == .none)
            #expect(rights.1.role(in: PlatformFixture.path) == .maintainer && rights.1.platformRole == nil)
        }
    }

    /// Whoever administers a group says who may do what within it, and nothing above or beside it.
    @Test func `An administrator of a group gives and takes what lies within it, and nothing wider`() async throws {
        try await PlatformFixture.with { platform in
            let roles = platform.operations.roles
            _ = try await platform.principal("ci", .viewer, in: "other/*")
            for (name, scope, within, beyond) in [
                ("below", "shop/**", ["shop/**", "shop/*", "shop/web", "shop/a/**", "shop/a/b"], ["**", "other/**"]),
                ("children", "shop/*", ["shop/*", "shop/web", "shop/new"], ["**", "shop/**", "shop/a/*"]),
                ("one", "shop/web", ["shop/web"], ["**", "shop/**", "shop/*", "shop/web/**", "shop/web/*"]),
            ] {
                let admin = try await platform.principal(name, .administrator, in: scope)
                for holder in ["ci", "@shop/ops", name] {
                    for scope in beyond {
                        #expect(
                            try await refusal {
                                _ = try await roles.give(
                                    RoleRequest(role: .viewer), within: scope, to: holder, by: admin)
                            } == "forbidden not_allowed", "\(name) gives \(holder) of \(scope)")
                        // Also what nobody has: whether somebody does is none of theirs.
                        #expect(
                            try await refusal { try await roles.take(within: scope, from: holder, by: admin) }
                                == "forbidden not_allowed", "\(name) takes from \(holder) of \(scope)")
                    }
                }
                for holder in ["ci", "@shop/ops"] {
                    for scope in within {
                        let view = try await roles.give(
                            RoleRequest(role: .administrator), within: scope, to: holder, by: admin)
                        #expect(view.givenBy == name)
                        let shown = try await roles.all(as: admin)
                        #expect(shown.contains { $0.holder == holder && $0.scope == scope })
                        try await roles.take(within: scope, from: holder, by: admin)
                    }
                }
                // What is of another group, or wider, is in no list.
                #expect(try await roles.all(as: admin).map { "\($0.holder) \($0.scope)" } == ["\(name) \(scope)"])
                // Another group's does not exist for them.
                #expect(
                    try await refusal {
                        _ = try await roles.give(RoleRequest(role: .viewer), within: "zoo/a", to: "ci", by: admin)
                    } == "notFound unknown_repository")
                // They may give away their own, and then it is gone.
                try await roles.take(within: scope, from: name, by: admin)
                let since = try await platform.operations.access.principal(token: "slp_\(name)")
                #expect(try await refusal { _ = try await roles.all(as: since) } == "forbidden not_allowed")
            }
            let untouched = try await roles.all(as: platform.principal).map { "\($0.holder) \($0.scope)" }
            #expect(untouched == ["ci other/*", "test **"])
        }
    }

    @Test func `Roles in two groups are none in what holds both, and the lower ones give nothing`() async throws {
        try await PlatformFixture.with { platform in
            let roles = platform.operations.roles
            let admin = try await platform.principal("boss", .administrator, in: "shop/a/**", "shop/b/**", "shop/*")
            for scope in ["shop/**", "shop/c/*"] {
                #expect(
                    try await refusal {
                        _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: "boss", by: admin)
                    } == "forbidden not_allowed", "\(scope)")
            }
            for role in [Role.viewer, .developer, .maintainer] {
                let low = try await platform.principal("low-\(role)", role, in: "shop/**")
                for scope in ["shop/**", "shop/*", "shop/web"] {
                    #expect(
                        try await refusal {
                            _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: low.name, by: low)
                        } == "forbidden not_allowed", "\(role) of \(scope)")
                }
            }
        }
    }

    @Test func `A limited token gives roles within what it may alone`() async throws {
        try await PlatformFixture.with { platform in
            let (roles, tokens) = (platform.operations.roles, platform.operations.tokens)
            _ = try await platform.principal("boss", .administrator, in: "shop/**")
            let boss = try await platform.operations.access.principal(token: "slp_boss")
            for (request, given, refused) in [
                (TokenRequest(name: "boss/one", repositories: ["shop/web"]), ["shop/web"], ["shop/*", "shop/**"]),
                (TokenRequest(name: "boss/own", repositories: ["shop/*"]), ["shop/web", "shop/*"], ["shop/**"]),
                (TokenRequest(name: "boss/wide", repositories: ["**"]), ["shop/web", "shop/**"], ["**", "other/*"]),
                (TokenRequest(name: "boss/low", role: .maintainer), [], ["shop/web", "shop/*", "shop/**"]),
            ] {
                let grant = try await tokens.make(request, as: boss)
                let limited = try await platform.operations.access.principal(token: grant.token)
                for scope in given {
                    _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: "@x", by: limited)
                    try await roles.take(within: scope, from: "@x", by: limited)
                }
                for scope in refused {
                    #expect(
                        try await refusal {
                            _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: "@x", by: limited)
                        } == "forbidden not_allowed", "\(request.name) of \(scope)")
                    #expect(
                        try await refusal { try await roles.take(within: scope, from: "boss", by: limited) }
                            == "forbidden not_allowed", "\(request.name) of \(scope)")
                }
            }
        }
    }

    @Test func `Who may do something in a repository is shown to those who administer it, wider roles too`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let roles = platform.operations.roles
            let below = try await platform.principal("below", .administrator, in: "shop/**")
            let other = try await platform.principal("other", .administrator, in: "other/*")
            _ = try await platform.principal("one", .viewer, in: "shop/web")
            _ = try await roles.give(RoleRequest(role: .developer), within: "shop/*", to: "@ops", by: below)
            _ = try await roles.give(RoleRequest(role: .developer), within: "shop/a/*", to: "@ops", by: below)
            func holders(_ path: RepositoryPath, _ principal: Principal) async throws -> [String] {
                try await roles.all(in: path, as: principal).map { "\($0.holder) \($0.role) \($0.scope)" }
            }
            #expect(
                try await holders(PlatformFixture.path, below) == [
                    "@ops developer shop/*", "below administrator shop/**", "one viewer shop/web",
                    "test administrator **",
                ])
            #expect(try await holders(PlatformFixture.path, other).isEmpty)
            #expect(try await holders(RepositoryPath(rawValue: "zoo/a"), below).isEmpty)
        }
    }

    @Test func `An administrator of a group reads what the audit log has of its repositories`() async throws {
        try await PlatformFixture.with { platform in
            let (roles, audit) = (platform.operations.roles, platform.operations.audit)
            let below = try await platform.principal("below", .administrator, in: "shop/*")
            for scope in ["shop/web", "shop/*", "other/web", "shop/a/b", "**"] {
                _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: "@x", by: platform.principal)
            }
            for group in ["shop", "other"] {
                _ = try await platform.operations.secrets.save(
                    SecretRequest(value: "v"), as: "token", of: .group(group), by: platform.principal)
            }
            func seen(_ query: AuditQuery = AuditQuery()) async throws -> [String] {
                try await audit.list(query, limit: 200, as: below).items.map {
                    "\($0.operation) \($0.repository, default: "-")"
                }
            }
            // What is of the group is theirs, too, and what is of a wider or another one is not.
            _ = try await roles.give(RoleRequest(role: .viewer), within: "shop/**", to: "@x", by: platform.principal)
            for owner in [SecretOwner.group("shop"), .all] {
                _ = try await platform.operations.secrets.save(
                    SecretRequest(value: "v"), as: "key", of: owner, by: platform.principal)
            }
            #expect(try await seen() == ["role.give shop/*", "role.give shop/web"])
            #expect(
                try await seen(AuditQuery(repository: RepositoryPath(rawValue: "shop/*"))) == ["role.give shop/*"])
            #expect(try await seen(AuditQuery(repository: RepositoryPath(rawValue: "shop/**"))).isEmpty)
            let wide = try await platform.principal("wide", .administrator, in: "shop/**")
            let page = try await audit.list(limit: 200, as: wide).items
            let export = try await audit.list(AuditQuery(), after: 0, limit: 200, as: wide)
            #expect(page.map(\.id) == export.map(\.id).reversed())
            #expect(
                page.map { "\($0.subject) \($0.repository?.rawValue ?? "-")" } == [
                    "key of shop/** shop/**", "@x shop/**", "token of shop/** shop/**", "@x shop/a/b", "@x shop/*",
                    "@x shop/web",
                ])
            #expect(try await seen(AuditQuery(repository: RepositoryPath(rawValue: "other/web"))).isEmpty)
            #expect(try await seen(AuditQuery(account: "test", operation: "role.give")).count == 2)
            // So does the export, however many there are of others between.
            #expect(try await audit.list(AuditQuery(), after: 0, limit: 1, as: below).map(\.id) == [1])
            #expect(try await audit.list(AuditQuery(), after: 1, limit: 1, as: below).map(\.id) == [2])
            #expect(try await audit.list(AuditQuery(), after: 2, limit: 1, as: below).isEmpty)
            let other = AuditQuery(repository: RepositoryPath(rawValue: "other/web"))
            #expect(try await audit.list(other, after: 0, limit: 1, as: below).isEmpty)
            let all = try await audit.list(limit: 200, as: platform.principal).items
            #expect(all.count == 10)
        }
    }

    @Test func `The last administrator stays one, and what names nobody is refused`() async throws {
        try await PlatformFixture.with { platform in
            let roles = platform.operations.roles
            let admin = platform.principal
            #expect(
                try await refusal { try await roles.take(within: "**", from: "test", by: admin) }
                    == "conflict last_administrator")
            #expect(
                try await refusal {
                    _ = try await roles.give(RoleRequest(role: .viewer), within: "**", to: "test", by: admin)
                } == "conflict last_administrator")
            #expect(try await platform.operations.access.principal(token: PlatformFixture.token).rights == .all)
            for (holder, scope, refused) in [
                ("nobody", "**", "notFound unknown_account"), ("a b", "**", "invalid malformed_name"),
                ("@", "**", "invalid malformed_name"), ("test", "shop/w*", "invalid malformed_scope"),
            ] {
                #expect(
                    try await refusal {
                        _ = try await roles.give(RoleRequest(role: .viewer), within: scope, to: holder, by: admin)
                    } == refused, "\(holder)")
            }
            _ = try await platform.principal("second", .administrator, in: "**")
            try await roles.take(within: "**", from: "test", by: admin)
            #expect(try await platform.operations.access.principal(token: PlatformFixture.token).rights == .none)
        }
    }

    /// A group counts for as many as are in it: whoever gives one the role and takes their own would be nobody's.
    @Test func `A group that nobody is in, or only who is blocked, is no administrator`() async throws {
        try await PlatformFixture.with { platform in
            let (roles, admin) = (platform.operations.roles, platform.principal)
            func take() async throws -> String {
                try await refusal { try await roles.take(within: "**", from: "test", by: admin) }
            }
            _ = try await roles.give(RoleRequest(role: .administrator), within: "**", to: "@ops", by: admin)
            #expect(try await take() == "conflict last_administrator")
            try await platform.store.write { transaction in
                try PeopleOperations.add("ada", displayName: nil, email: nil, by: .administrator, in: transaction)
                try transaction.people.saveGroups(["ops"], of: "ada")
                try transaction.accounts.setBlocked("ada", at: transaction.now)
            }
            #expect(try await take() == "conflict last_administrator")
            try await platform.store.write { try $0.accounts.setBlocked("ada", at: nil) }
            #expect(try await take() == "none")
            // Where nobody is left, a group's own are given all the same.
            let group = try await platform.principal("group", .administrator, in: "shop/*")
            try await platform.store.write { try $0.people.saveGroups([], of: "ada") }
            _ = try await roles.give(RoleRequest(role: .viewer), within: "shop/web", to: "@x", by: group)
        }
    }
}
