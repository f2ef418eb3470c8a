import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import TestSupport
import Testing

@testable import Pipeline

/// The pages about people: roles, tokens, the audit log, and what of them each sees.
@Suite struct PeoplePageTests: SignInTrial {
    private func page(_ client: TestClient, _ path: String, _ cookie: String) async throws -> String {
        let answer = try await send(client, .get, path, cookie: cookie)
        #expect(answer.status == .ok, "\(path)")
        return String(buffer: answer.body)
    }

    /// Somebody with a role, and the cookie of their session.
    private func person(
        _ name: String, _ role: Role, in scope: String, _ client: TestClient, _ fixture: PlatformFixture
    ) async throws -> String {
        let cookie = try await person(name, client, fixture)
        _ = try await fixture.operations.roles.give(
            RoleRequest(role: role), within: scope, to: name, by: .administrator)
        return cookie
    }

    private func roles(_ fixture: PlatformFixture) async throws -> [String] {
        try await fixture.operations.roles.all(as: .administrator).map { "\($0.holder) \($0.role) \($0.scope)" }
    }

    @Test func `Each sees links to what they may see, and to nothing else`() async throws {
        try await with { client, fixture in
            let links = ["/people", "/roles", "/tokens", "/audit"]
            for (name, role, scope, seen) in [
                ("root", Role.administrator, "**", links), ("boss", .administrator, "shop/**", ["/roles", "/audit"]),
                ("maria", .maintainer, "**", []), ("dev", .developer, "shop/web", []),
            ] {
                let cookie = try await person(name, role, in: scope, client, fixture)
                for start in ["/"] + seen {
                    let html = try await page(client, start, cookie)
                    let shown = links.filter { html.contains(#"href="\#($0)""#) }
                    #expect(shown == (start == "/" ? Array(seen.prefix(1)) : seen), "\(name) at \(start)")
                }
                for path in links where !seen.contains(path) && path != "/tokens" {
                    #expect(try await send(client, .get, path, cookie: cookie).status == .forbidden, "\(name) \(path)")
                }
                let here = try await page(client, "/repositories/shop/web", cookie)
                #expect(here.contains(#"action="/roles""#) == (role == .administrator), "\(name)")
            }
        }
    }

    @Test func `A role is given and taken on its page, and what is refused keeps what was written`() async throws {
        try await with { client, fixture in
            let boss = try await person("boss", .administrator, in: "shop/**", client, fixture)
            _ = try await person("ada", client, fixture)
            let given = try await post(
                client, "/roles", "holder=ada&role=developer&scope=shop%2F*", cookie: boss)
            #expect(given.headers[.location] == "/roles")
            #expect(try await roles(fixture).contains("ada developer shop/*"))
            let shown = try await page(client, "/roles", boss)
            #expect(shown.contains("<b>ada</b>") && !shown.contains("<b>test</b>"))

            for (form, status, words) in [
                (
                    "holder=ada&role=developer&scope=**", HTTPResponse.Status.forbidden,
                    "takes the role administrator of **"
                ),
                ("holder=nobody&role=developer&scope=shop%2F*", .notFound, "no account “nobody”"),
                ("holder=ada&role=emperor&scope=shop%2F*", .badRequest, "“emperor” is no role"),
                ("holder=%3Cb%3E&role=viewer&scope=shop%2F*", .badRequest, "“&lt;b&gt;” is not a valid account name"),
            ] {
                let refused = try await post(client, "/roles", form, cookie: boss)
                #expect(refused.status == status, "\(form)")
                let html = String(buffer: refused.body)
                #expect(html.contains(words), "\(form): \(html)")
                #expect(html.contains(#"value="shop/*""#) || html.contains(#"value="**""#), "\(form)")
                #expect(!html.contains("<b><b>"), "\(form)")
            }
            // From the page of a repository one goes back to it.
            let here = try await page(client, "/repositories/shop/web", boss)
            #expect(here.contains("<b>ada</b>") && here.contains("<b>test</b>") && !here.contains("Associated by"))
            #expect(here.contains("<option>shop/web</option><option>shop/*</option><option>shop/**</option></select>"))
            let taken = try await post(
                client, "/roles/take", "holder=ada&scope=shop%2F*&repository=shop%2Fweb", cookie: boss)
            #expect(taken.headers[.location] == "/repositories/shop/web")
            #expect(try await !roles(fixture).contains("ada developer shop/*"))
            // What another site sends gives nothing.
            let other = try await post(
                client, "/roles", "holder=ada&role=developer&scope=shop%2F*", cookie: boss,
                from: [.secFetchSite: "cross-site"])
            #expect(other.status == .forbidden)
            #expect(try await !roles(fixture).contains("ada developer shop/*"))
        }
    }

    @Test func `A repository's page names nobody who is blocked`() async throws {
        try await with { client, fixture in
            let root = try await person("root", .administrator, in: "**", client, fixture)
            _ = try await person("ada", .developer, in: "shop/*", client, fixture)
            #expect(try await page(client, "/repositories/shop/web", root).contains("<b>ada</b>"))
            _ = try await fixture.operations.people.change("ada", PersonChange(isBlocked: true), as: .administrator)
            #expect(try await !page(client, "/repositories/shop/web", root).contains("<b>ada</b>"))
            // Their role is still to be taken away.
            #expect(try await page(client, "/roles", root).contains("<b>ada</b>"))
        }
    }

    @Test func `A token is made on its page, shown once, and revoked where it is listed`() async throws {
        try await with { client, fixture in
            let ada = try await person("ada", .developer, in: "shop/*", client, fixture)
            let made = try await post(
                client, "/tokens", "name=laptop&role=viewer&repositories=shop%2Fweb&days=30", cookie: ada)
            #expect(made.status == .ok && made.headers[.cacheControl] == "no-store")
            let html = String(buffer: made.body)
            let token = try #require(html.firstMatch(of: /<code class="copy">(slp_[0-9a-f]+)<\/code>/)?.1)
            let view = try #require(
                try await fixture.operations.tokens.all(as: .administrator).first { $0.account == "ada" })
            #expect(view.name == "ada/laptop" && view.role == .viewer && view.repositories == ["shop/web"])
            let days = try #require(view.expiresAt).milliseconds - view.createdAt.milliseconds
            #expect(abs(days - 30 * 86_400_000) < 60_000)
            #expect(try await fixture.operations.access.principal(token: String(token)).rights.grants.count == 1)

            for path in ["/tokens", "/account"] {
                let html = try await page(client, path, ada)
                #expect(html.contains("<b>ada/laptop</b>") && html.contains("viewer at most, in shop/web"), "\(path)")
                #expect(!html.contains("slp_") && !html.contains("<b>test</b>"), "\(path)")
            }
            // Nobody else's: neither made, nor revoked, nor told whether there is one.
            #expect(try await !page(client, "/tokens", ada).contains(#"name="account""#))
            #expect(try await post(client, "/tokens", "account=robot&role=viewer", cookie: ada).status == .forbidden)
            for name in ["test", "nonsense"] {
                #expect(
                    try await post(client, "/tokens/revoke", "name=\(name)%2Fx", cookie: ada).status == .forbidden)
            }
            for form in [
                "name=a+b", "name=", "name=x&role=emperor", "name=x&repositories=shop%2Fw*", "name=x&days=0",
                "name=x&days=soon",
            ] {
                #expect(try await post(client, "/tokens", form, cookie: ada).status == .badRequest, "\(form)")
            }
            let revoked = try await post(client, "/tokens/revoke", "name=ada%2Flaptop&from=account", cookie: ada)
            #expect(revoked.headers[.location] == "/account")
            #expect(try await page(client, "/account", ada).contains("there is none yet"))
            await #expect(throws: OperationError.self) {
                try await fixture.operations.access.principal(token: String(token))
            }
        }
    }

    @Test func `Administrators make service accounts' tokens and revoke those of others`() async throws {
        try await with { client, fixture in
            let root = try await person("root", .administrator, in: "**", client, fixture)
            for (form, name) in [
                ("account=ci&name=&role=developer&repositories=shop%2F*&days=never", "ci"),
                ("account=ci&name=second&role=&repositories=", "ci/second"),
            ] {
                let made = try await post(client, "/tokens", form, cookie: root)
                #expect(
                    made.status == .ok && String(buffer: made.body).contains("The token \(name) is not shown again"))
            }
            #expect(try await roles(fixture).contains("ci developer shop/*"))
            // Also the first token of an account that has a name gives it the role.
            let form = "account=other&name=first&role=viewer&repositories=shop%2F*"
            #expect(try await post(client, "/tokens", form, cookie: root).status == .ok)
            #expect(try await roles(fixture).contains("other viewer shop/*"))
            let views = try await fixture.operations.tokens.all(as: .administrator).filter { $0.account == "ci" }
            #expect(views.map { $0.expiresAt == nil } == [true, false])
            #expect(try await page(client, "/tokens?q=SECOND", root).contains("1 found"))
            let revoked = try await post(client, "/tokens/revoke", "name=ci%2Fsecond", cookie: root)
            #expect(revoked.headers[.location] == "/tokens")
            let again = try await post(client, "/tokens/revoke", "name=ci%2Fsecond", cookie: root)
            // A person's own of the name is another one.
            _ = try await post(client, "/tokens", "name=ci", cookie: root)
            for (query, left) in [("?account=ci", ["root/ci"]), ("", [])] {
                let ended = try await send(client, .delete, APIPath.token.path(["ci"]) + query, cookie: root)
                #expect(ended.status == .noContent)
                let names = try await fixture.operations.tokens.all(as: .administrator).map(\.name)
                #expect(names.filter { $0.hasSuffix("ci") } == left)
            }
            #expect(again.status == .notFound && String(buffer: again.body).contains("no token “ci/second”"))
        }
    }

    @Test func `People are shown with their roles, found by a part of a name, and in pages`() async throws {
        try await with { client, fixture in
            let root = try await person("root", .administrator, in: "**", client, fixture)
            try await fixture.store.write { transaction in
                for number in 100..<160 {
                    try PeopleOperations.add(
                        "p\(number)", displayName: "Person \(number)", email: nil, by: .administrator, in: transaction)
                }
                try transaction.people.saveGroups(["shop/ops"], of: "p101")
            }
            for (holder, scope) in [("p100", "shop/*"), ("@shop/ops", "zoo/**")] {
                _ = try await fixture.operations.roles.give(
                    RoleRequest(role: .developer), within: scope, to: holder, by: .administrator)
            }
            let first = try await page(client, "/people", root)
            #expect(first.contains("1 to 50 of 61") && first.contains(#"<a href="/people?from=50" rel="next">"#))
            #expect(first.contains("developer of shop/*") && first.contains("developer of zoo/** by @shop/ops"))
            let found = try await page(client, "/people?q=OPS", root)
            #expect(found.contains("1 found") && found.contains("<b>p101</b>") && !found.contains("<b>p100</b>"))
            #expect(try await page(client, "/people?q=%3Cimg", root).contains("“&lt;img”"))
        }
    }

    @Test func `Of many roles a person's list shows some, and the way to the others`() async throws {
        try await with { client, fixture in
            let root = try await person("root", .administrator, in: "**", client, fixture)
            _ = try await person("maria", client, fixture)
            for number in 1...15 {
                _ = try await fixture.operations.roles.give(
                    RoleRequest(role: .viewer), within: "shop/web\(number)", to: "maria", by: .administrator)
            }
            let people = try await page(client, "/people", root)
            #expect(people.split(separator: "viewer of shop/web").count - 1 == 12)
            #expect(people.contains(#"<a class="tag" href="/roles?q=maria">3 more</a>"#))
            let roles = try await page(client, "/roles?q=maria", root)
            #expect(roles.split(separator: "shop/web").count - 1 >= 15)
        }
    }

    @Test func `The audit log is filtered and paged, says what was before and after, and leads to its export`()
        async throws
    {
        try await with { client, fixture in
            let root = try await person("root", .administrator, in: "**", client, fixture)
            for repository in ["shop/*", "other/*", "<b>/*"] {
                _ = try await fixture.operations.pools.save(
                    PoolRules(repositories: [repository]), as: "gpu", by: fixture.principal)
            }
            _ = try await fixture.operations.secrets.save(
                SecretRequest(value: "hush"), as: "key", of: .repository(PlatformFixture.path), by: fixture.principal)
            let all = try await page(client, "/audit", root)
            #expect(all.contains("pool.save") && all.contains("secret.save") && !all.contains("hush"))
            #expect(all.contains("<del>[&quot;shop/*&quot;]</del> → <ins>[&quot;other/*&quot;]</ins>"))
            #expect(!all.contains("<b>/*"))
            #expect(all.contains(#"<a href="/repositories/shop/web">shop/web</a>"#))
            #expect(all.contains(#"href="/api/v1/audit/export""#) && !all.contains(#"href="""#))

            let some = try await page(client, "/audit?operation=secret.save&account=test&repository=shop%2Fweb", root)
            #expect(some.contains(">secret.save</code>") && !some.contains(">pool.save</code>"))
            let export = "/api/v1/audit/export?account=test&amp;operation=secret.save&amp;repository=shop%2Fweb"
            #expect(some.contains(#"href="\#(export)""#))
            let lines = try await send(
                client, .get, export.replacing("&amp;", with: "&"), cookie: root)
            #expect(lines.status == .ok && String(buffer: lines.body).split(separator: "\n").count == 1)

            let day = String(Timestamp.now.description.prefix(10))
            #expect(try await page(client, "/audit?from=\(day)&to=\(day)", root).contains("pool.save"))
            let before = try await page(client, "/audit?to=2020-01-01", root)
            #expect(
                before.contains("No entry is like that.")
                    && before.contains("until=2020-01-02T00%3A00"))
            let wrong = try await send(client, .get, "/audit?from=yesterday", cookie: root)
            #expect(wrong.status == .badRequest && String(buffer: wrong.body).contains("“yesterday” is no day"))

            try await fixture.store.write(as: fixture.principal) { transaction in
                for _ in 0..<60 { try transaction.audit(.savePool, by: fixture.principal, of: "many") }
            }
            let first = try await page(client, "/audit?account=test&operation=pool.save", root)
            let older = try #require(first.firstMatch(of: /<a href="([^"]*)" rel="next">/)?.1)
            let second = try await page(client, String(older).replacing("&amp;", with: "&"), root)
            #expect(second.split(separator: ">pool.save</code>").count - 1 == 13)
            #expect(second.contains(#"<a href="/audit?account=test&amp;operation=pool.save">← Newest</a>"#))
        }
    }

    @Test(
        arguments: [
            (nil, ["a": 1], ["a: – → 1"]), (["a": 1], nil, ["a: 1 → –"]),
            (["a": 1, "b": "x", "c": [1]], ["a": 2, "b": "x", "d": ""], ["a: 1 → 2", "c: [1] → –", "d: – → “”"]),
            ("x", "y", [": x → y"]), (["a": 1], ["a": 1], []),
        ] as [(JSONValue?, JSONValue?, [String])])
    func `Of a change is shown what differs`(before: JSONValue?, after: JSONValue?, expected: [String]) throws {
        let shown = try AuditRow.changes(before, after)
        #expect(shown.map { "\($0.name): \($0.before ?? "–") → \($0.after ?? "–")" } == expected)
    }
}
