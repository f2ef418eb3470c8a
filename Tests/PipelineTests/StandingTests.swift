import Contracts
import FoundationEssentials
import Testing

@testable import Pipeline

/// What somebody has lost while a request of theirs was under way: its head let them in, and its body came late.
@Suite struct StandingTests {
    /// Somebody who has come by a token that `slipway login` made.
    private func person(_ name: String, _ role: Role, _ fixture: PlatformFixture) async throws -> Principal {
        let operations = fixture.operations
        let link = try await operations.people.invite(PersonRequest(name: name, role: role), as: .administrator)
        let code = try #require(link.url.split(separator: "=").last.map(String.init))
        let token = try await operations.signIns.redeem(LinkRequest(code: code, token: "laptop"), from: .unknown)
        return try await operations.access.principal(token: token.token)
    }

    private func refusal(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch let error as OperationError {
            return error.problem.code
        } catch {
            return "\(error)"
        }
    }

    @Test func `Who was blocked or lost their token meanwhile changes nothing`() async throws {
        try await PlatformFixture.with { fixture in
            let (people, tokens) = (fixture.operations.people, fixture.operations.tokens)
            let (ada, bob) = try await (person("ada", .administrator, fixture), person("bob", .administrator, fixture))
            _ = try await people.change("ada", PersonChange(isBlocked: true), as: bob)
            let invites = await refusal {
                _ = try await people.invite(PersonRequest(name: "ghost", role: .administrator), as: ada)
            }
            #expect(invites == "not_signed_in")
            try await tokens.revoke("laptop", as: bob)
            let makes = await refusal {
                _ = try await fixture.operations.components.save(
                    try Wire.decode(JSONValue.self, from: Data(#"[{"step": "a", "commands": ["true"]}]"#.utf8)),
                    as: "web",
                    by: bob)
            }
            #expect(makes == "not_signed_in")
            #expect(try await people.all(as: .administrator).map(\.name) == ["ada", "bob"])
        }
    }

    @Test func `Who lost a role meanwhile neither uses it nor takes it back`() async throws {
        try await PlatformFixture.with { fixture in
            let roles = fixture.operations.roles
            let (ada, bob) = try await (person("ada", .administrator, fixture), person("bob", .administrator, fixture))
            try await roles.take(within: "**", from: "ada", by: bob)
            let gives = await refusal {
                _ = try await roles.give(RoleRequest(role: .administrator), within: "**", to: "ada", by: ada)
            }
            #expect(gives == "rights_changed")
            let invites = await refusal {
                _ = try await fixture.operations.people.invite(PersonRequest(name: "ghost", role: .viewer), as: ada)
            }
            #expect(invites == "rights_changed")
        }
    }

    @Test func `Two administrators who block each other leave one`() async throws {
        try await PlatformFixture.with { fixture in
            let people = fixture.operations.people
            let (ada, bob) = try await (person("ada", .administrator, fixture), person("bob", .administrator, fixture))
            async let first = refusal { _ = try await people.change("bob", PersonChange(isBlocked: true), as: ada) }
            async let second = refusal { _ = try await people.change("ada", PersonChange(isBlocked: true), as: bob) }
            #expect(await Set([first, second]) == [nil, "not_signed_in"])
            try await fixture.operations.roles.take(
                within: "**", from: fixture.principal.name, by: .administrator)
            let left = try #require(try await people.all(as: .administrator).first { $0.blockedAt == nil }?.name)
            let last = await refusal {
                _ = try await people.change(left, PersonChange(isBlocked: true), as: .administrator)
            }
            #expect(last == "last_administrator")
        }
    }

    /// A new operation that opens its transaction without a look at who asks fails with its first test.
    @Test func `Nothing is changed as somebody of whom nobody has looked whether they still may`() async throws {
        try await PlatformFixture.with { fixture in
            let ada = try await person("ada", .administrator, fixture)
            let unlooked = await refusal {
                try await fixture.operations.people.store.write { try $0.audit(.managePeople, by: ada, of: "bob") }
            }
            #expect(unlooked?.contains("Unlooked") == true)
            try await fixture.operations.people.store.write(as: ada) { try $0.audit(.managePeople, by: ada, of: "bob") }
        }
    }
}
