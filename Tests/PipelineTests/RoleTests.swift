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
}
