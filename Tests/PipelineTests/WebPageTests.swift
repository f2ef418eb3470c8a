import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Messaging
import NIOCore
import Secrets
import TestSupport
import Testing

@testable import Pipeline

/// The pages as a browser gets them, over the whole router.
@Suite struct WebPageTests {
    private static let token = PlatformFixture.token

    private func withPages(
        _ body: @escaping @Sendable (TestClient, PlatformFixture) async throws -> Void
    ) async throws {
        try await PlatformFixture.with { fixture in
            let application = Application(
                router: try PipelineRouter.make(
                    fixture.operations, publicURL: "https://slipway.example", logger: Logger(label: "test")))
            try await application.test(.router) { client in try await body(client, fixture) }
        }
    }

    private func get(_ client: TestClient, _ path: String, _ cookie: String?) async throws -> TestResponse {
        try await client.execute(uri: path, method: .get, headers: cookie.map { [.cookie: $0] } ?? [:])
    }

    private func post(
        _ client: TestClient, _ path: String, _ form: String, _ cookie: String? = nil,
        site: String = "same-origin"
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .secFetchSite: site]
        headers[.cookie] = cookie
        return try await client.execute(uri: path, method: .post, headers: headers, body: ByteBuffer(string: form))
    }

    private func signIn(_ client: TestClient) async throws -> String {
        let response = try await post(client, "/sign-in", "token=\(Self.token)&to=%2Fcomponents")
        #expect(response.status == .seeOther)
        #expect(response.headers[.location] == "/components")
        let cookie = try #require(response.headers[.setCookie])
        return String(cookie.prefix { $0 != ";" })
    }

    @Test func `Strangers are shown the way in and come back to where they wanted`() async throws {
        try await withPages { client, _ in
            for path in ["/", "/repositories", "/components/web", "/workers", "/parked", "/runs/x"] {
                let response = try await get(client, path, nil)
                #expect(response.status == .seeOther)
                #expect(response.headers[.location]?.hasPrefix("/sign-in?to=%2F") == true)
            }
            let wrong = try await post(client, "/sign-in", "token=nonsense")
            #expect(wrong.status == .forbidden)
            #expect(wrong.headers[.setCookie] == nil)
            let elsewhere = try await post(client, "/sign-in", "token=\(Self.token)&to=https%3A%2F%2Fevil.example")
            #expect(elsewhere.headers[.location] == "/")
            let twoSlashes = try await post(client, "/sign-in", "token=\(Self.token)&to=%2F%2Fevil.example")
            #expect(twoSlashes.headers[.location] == "/")
        }
    }

    @Test func `Pages load nothing from elsewhere and run no script themselves`() async throws {
        try await withPages { client, _ in
            let cookie = try await signIn(client)
            for path in [
                "/", "/repositories", "/repositories/shop/web", "/components", "/components/new-one", "/environments",
                "/workers", "/parked",
            ] {
                let response = try await get(client, path, cookie)
                #expect(response.status == .ok, "\(path)")
                let policy = try #require(response.headers[.contentSecurityPolicy])
                #expect(policy.hasPrefix("default-src 'self';"))
                let html = String(buffer: response.body)
                #expect(!html.contains("style=\""), "\(path)")
                #expect(!html.contains("onclick"), "\(path)")
                for line in html.split(separator: "\n") where line.contains("<script") {
                    #expect(line.contains(#"src="/assets/"#))
                }
            }
        }
    }

    @Test func `What comes from a repository is text, not markup`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            let run = try await fixture.start(
                RunRequest(repository: PlatformFixture.path, ref: "<img/src=x/onerror=alert(1)>"))
            for path in ["/", "/runs/\(run.summary.id)", "/repositories/shop/web"] {
                let html = String(buffer: try await get(client, path, cookie).body)
                #expect(!html.contains("<img"), "\(path)")
                #expect(html.contains("&lt;img/src=x"), "\(path)")
            }
        }
    }

    @Test func `A repository that is pushed to and not registered is shown with the command, until it is`() async throws
    {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            try await fixture.store.write { transaction in
                let trigger = Trigger(
                    id: .make(), event: .push, repository: RepositoryPath(rawValue: "new/app"), ref: "refs/heads/main",
                    sender: "<b>ada")
                try transaction.discovered.note(
                    SyncFailed(
                        trigger: trigger, code: .unknownRepository, reason: "",
                        cloneURL: "https://git.example/new/<app>.git"), now: transaction.now)
            }
            func page() async throws -> String {
                String(buffer: try await get(client, "/repositories", cookie).body)
            }
            let html = try await page()
            #expect(html.contains("slipway repo add new/app "))
            #expect(html.contains("1 push by &lt;b&gt;ada"))
            #expect(!html.contains("<app>"))
            let other = try await get(client, "/repositories/new/app", cookie)
            #expect(other.status == .notFound)
            #expect(String(buffer: other.body).contains("git.example/new/"))
            let api: HTTPFields = [.authorization: "Bearer \(Self.token)", .contentType: "application/json"]
            let listed = try await client.execute(
                uri: "/api/v1/discovered-repositories", method: .get, headers: api)
            let items = try Wire.decode(
                Page<DiscoveredRepositoryView>.self, from: Data(listed.body.readableBytesView)
            ).items
            #expect(items.map(\.path.rawValue) == ["new/app"])
            let added = try await client.execute(
                uri: "/api/v1/repositories/new%2Fapp", method: .put, headers: api,
                body: ByteBuffer(string: #"{"cloneURL": "https://git.example/new/app.git"}"#))
            #expect(added.status == .created)
            #expect(try await page().contains("not registered") == false)
        }
    }

    @Test func `A form that another site sent does nothing`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            let run = try await fixture.start(RunRequest(repository: PlatformFixture.path))
            let address = "/runs/\(run.summary.id)/cancel"

            for site in ["cross-site", "same-site"] {
                #expect(try await post(client, address, "", cookie, site: site).status == .forbidden)
            }
            #expect(try await post(client, address, "").status == .seeOther)
            #expect(try await fixture.reader.view(run.summary.id)?.summary.state == .pending)

            #expect(try await post(client, address, "", cookie).status == .seeOther)
            #expect(try await fixture.reader.view(run.summary.id)?.summary.state == .cancelled)
        }
    }

    @Test func `A rollout is approved on the page of its run, by those who may`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            var rules = Samples.production.rules
            (rules.approvals, rules.approvers) = (1, ["ops-*"])
            try await fixture.save(rules, as: "production")
            try await fixture.push(
                """
                steps:
                  - name: deploy
                    deploy: {image: "registry.example/app:1", environment: production, workload: deployment/web}
                """)
            let run = try #require(try await fixture.runs().first)
            let page = "/runs/\(run.id)"
            func html() async throws -> String { String(buffer: try await get(client, page, cookie).body) }
            // Everybody reads who may, and has no button for it who may not.
            #expect(try await html().contains("ops-* may approve it"))
            #expect(try await !html().contains("Approve deploy"))
            let form = "step=1&reason=tried+on+%3Cstaging%3E&verdict=approve"
            #expect(try await post(client, page + "/verdict", form, cookie).status == .forbidden)
            rules.approvers = ["test"]
            try await fixture.save(rules, as: "production")
            #expect(try await html().contains("Approve deploy"))
            #expect(try await post(client, page + "/verdict", form, cookie, site: "cross-site").status == .forbidden)
            #expect(try await post(client, page + "/verdict", form, cookie).headers[.location] == page)
            let after = try await html()
            #expect(!after.contains("Approve deploy") && after.contains("tried on &lt;staging&gt;"))
            #expect(after.contains("was approved by test at 2"))
        }
    }

    @Test func `The editor says what is wrong and keeps what was written`() async throws {
        try await withPages { client, _ in
            let cookie = try await signIn(client)
            let broken = try await post(client, "/components/web", "document=%7B%22a%22", cookie)
            #expect(broken.status == .unprocessableContent)
            let html = String(buffer: broken.body)
            #expect(html.contains("This is not JSON."))
            #expect(html.contains("{&quot;a&quot;</textarea>"))

            let nameless = try await post(
                client, "/components/web/check",
                "document=%5B%7B%22commands%22%3A%5B%22make%22%5D%7D%5D",
                cookie)
            #expect(String(buffer: nameless.body).contains("<li>"))

            let document = "%5B%7B%22step%22%3A%22a%22%2C%22commands%22%3A%5B%22make%22%5D%7D%5D"
            let saved = try await post(client, "/components/web", "document=\(document)", cookie)
            #expect(saved.headers[.location] == "/components/web?saved")
            let after = String(buffer: try await get(client, "/components/web?saved", cookie).body)
            #expect(after.contains("Kept as revision 1."))
            #expect(after.contains("{&quot;step&quot;: &quot;a&quot;, &quot;commands&quot;: [&quot;make&quot;]}"))
        }
    }

    @Test func `The form starts the run that was asked for`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            let page = String(buffer: try await get(client, "/repositories/shop/web", cookie).body)
            for event in Trigger.eventsByHand { #expect(page.contains("<option>\(event.rawValue)</option>")) }
            let form = "repository=shop%2Fweb&ref=v1"
            for (fields, event, follows) in [
                ("&event=&target=&cron=", Event.push, true), ("&event=cron&cron=nightly", .cron, nil),
                ("&event=promote&target=production", .promote, nil),
            ] as [(String, Event, Bool?)] {
                let started = try await post(client, "/runs", form + fields, cookie)
                let id = try #require(started.headers[.location]?.split(separator: "/").last)
                let trigger = try await fixture.store.read {
                    try $0.runs.details(RunID(rawValue: String(id)))?.trigger
                }
                #expect(trigger?.event == event)
                #expect(trigger?.eventFollowsRef == follows)
            }
            let wrong = try await post(client, "/runs", form + "&event=promote", cookie)
            #expect(String(buffer: wrong.body).contains("needs the environment"))
        }
    }

    @Test func `Many repositories are shown in pages, found by a part of their path, and counted`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            try await fixture.store.write { transaction in
                for number in 100..<220 {
                    try transaction.repositories.save(
                        Repository(
                            path: RepositoryPath(rawValue: "team_\(number % 2)/App-\(number)"),
                            cloneURL: "https://git.example/x.git", defaultBranch: "main", allowsFile: true,
                            createdAt: transaction.now))
                    let trigger = Trigger(
                        id: .make(), event: .push, repository: RepositoryPath(rawValue: "new/app-\(number)"), ref: "r")
                    try transaction.discovered.note(
                        SyncFailed(trigger: trigger, code: .unknownRepository, reason: ""), now: transaction.now)
                }
            }
            func page(_ query: String = "") async throws -> (html: String, rows: Int) {
                let html = String(buffer: try await get(client, "/repositories\(query)", cookie).body)
                return (html, html.split(separator: #"<li><a class="what""#).count - 1)
            }
            // With the fixture's own there are 121.
            let first = try await page()
            #expect(first.rows == 50 && first.html.contains("1 to 50 of 121"))
            #expect(first.html.contains(#"<a href="/repositories?from=50" rel="next">"#))
            #expect(first.html.split(separator: "<pre>slipway repo add new/").count == 51)
            #expect(first.html.contains("70 more: <code>slipway repo list --discovered</code>"))
            let last = try await page("?from=100")
            #expect(last.rows == 21 && last.html.contains("101 to 121 of 121"))
            #expect(!last.html.contains(#"rel="next""#) && !last.html.contains("Discovered"))
            let found = try await page("?q=APP-15")
            #expect(found.rows == 10 && found.html.contains("10 found") && found.html.contains(#"value="APP-15""#))
            #expect(found.html.split(separator: "<pre>slipway repo add new/").count == 11)
            // What is written is text, not a pattern.
            #expect(try await page("?q=team_1").rows == 50)
            #expect(try await page("?q=team%251").rows == 0)
            #expect(try await page("?q=%3Cimg").html.contains("“&lt;img”"))
            #expect(try await page("?from=-1&q=app").rows == 50)
            #expect(try await page("?from=999999").rows == 0)

            let runs = String(buffer: try await get(client, "/", cookie).body)
            #expect(!runs.contains("<option") && runs.contains(#"<input type="search" name="repository""#))
            let part = try await get(client, "/?repository=team_0", cookie)
            #expect(part.status == .seeOther && part.headers[.location] == "/repositories?q=team_0")
            #expect(try await get(client, "/?repository=team_0%2FApp-100", cookie).status == .ok)
            #expect(try await get(client, "/?repository=nowhere", cookie).status == .ok)
        }
    }

    @Test func `A run whose source is late says on its page and in the list what it waits for`() async throws {
        try await withPages { client, fixture in
            let cookie = try await signIn(client)
            let run = try await fixture.start(RunRequest(repository: PlatformFixture.path)).summary.id
            let reason = "the server has too many requests; attempt 2 of 5 is in 5 s"
            let trigger = Trigger(
                id: .make(), event: .push, repository: PlatformFixture.path, ref: "refs/heads/main", run: run)
            try await SyncDelayedHandler(sources: fixture.operations.sources).handle(
                SyncDelayed(trigger: trigger, reason: reason), MessageContext(id: .make()))
            for path in ["/", "/runs/\(run)"] {
                #expect(String(buffer: try await get(client, path, cookie).body).contains(reason), "\(path)")
            }
        }
    }

    @Test func `A few repositories are chosen from a list`() async throws {
        try await withPages { client, _ in
            let cookie = try await signIn(client)
            #expect(String(buffer: try await get(client, "/", cookie).body).contains("<option>shop/web</option>"))
            let page = String(buffer: try await get(client, "/repositories", cookie).body)
            #expect(page.contains("shop/web") && !page.contains(#"type="search""#))
        }
    }

    @Test func `Unknown things are not here`() async throws {
        try await withPages { client, _ in
            let cookie = try await signIn(client)
            for path in ["/runs/nothing", "/repositories/shop/gone", "/processes/sha256:0"] {
                #expect(try await get(client, path, cookie).status == .notFound, "\(path)")
            }
            let filtered = try await get(client, "/?repository=no%2Fsuch&state=bogus&before=x", cookie)
            #expect(filtered.status == .ok || filtered.status == .badRequest)
        }
    }

    @Test func `Files are kept by browsers for good`() async throws {
        try await withPages { client, _ in
            let version = try WebPages().version
            for (name, file) in WebPages.files {
                let response = try await get(client, "/assets/\(version)/\(name)", nil)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == file.type)
                #expect(response.headers[.cacheControl]?.contains("immutable") == true)
            }
            #expect(try await get(client, "/assets/\(version)/pipeline.sqlite", nil).status == .notFound)
        }
    }

    @Test(arguments: [
        (#"{"a":1,"b":[]}"#, "{\n  \"a\": 1,\n  \"b\": []\n}"), (#"[]"#, "[]"),
        (#"{"a":"x,{[\"\\"}"#, "{\n  \"a\": \"x,{[\\\"\\\\\"\n}"),
        ("[1,\n 2]", "[\n  1,\n  2\n]"),
    ])
    func `JSON is laid out and not changed`(text: String, expected: String) {
        #expect(JSONLayout.tidy(text) == expected)
    }

    @Test func `Documents are laid out as people write them`() throws {
        let document: JSONValue = [
            ["commands": ["make"], "step": "compile"], ["when": ["branch": "main"], "step": "b"],
        ]
        #expect(
            try JSONLayout.text(of: document) == """
                [
                  {"step": "compile", "commands": ["make"]},
                  {"step": "b", "when": {"branch": "main"}}
                ]
                """)
    }
}
