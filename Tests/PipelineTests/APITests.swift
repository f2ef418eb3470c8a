import Contracts
import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import Logging
import Messaging
import NIOCore
import Secrets
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

@Suite struct APITests {
    private static let token = PlatformFixture.token

    /// Runs the body with a client of the whole router.
    private func withAPI(_ body: @escaping @Sendable (TestClient, PlatformFixture) async throws -> Void)
        async throws
    {
        try await PlatformFixture.with { fixture in
            let application = Application(
                router: try PipelineRouter.make(
                    fixture.operations, publicURL: "https://slipway.example", logger: Logger(label: "test")))
            try await application.test(.router) { client in try await body(client, fixture) }
        }
    }

    private static let signedIn: HTTPFields = [.authorization: "Bearer \(token)", .contentType: "application/json"]

    private func send(
        _ client: TestClient, _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil,
        headers: HTTPFields = signedIn
    ) async throws -> TestResponse {
        try await client.execute(
            uri: "/api/v1/" + path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
    }

    private func decode<Value: Decodable>(_ response: TestResponse, as type: Value.Type = Value.self) throws -> Value {
        try Wire.decode(type, from: Data(response.body.readableBytesView))
    }

    @Test func `Nothing is told without the token`() async throws {
        try await withAPI { client, _ in
            for path in [
                "runs", "repositories", "components", "secrets", "dead", "events", "processes/x", "runs/x/events",
            ] {
                let response = try await send(client, .get, path, headers: [:])
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] != nil)
                #expect(try decode(response, as: Problem.self).code == "not_signed_in")
            }
            let wrong = try await send(client, .get, "runs", headers: [.authorization: "Bearer slp_wrong"])
            #expect(wrong.status == .unauthorized)
            let right = try await send(client, .get, "runs")
            #expect(right.status == .ok)
        }
    }

    /// Somebody copies the file, or looks into it with a tool of its own.
    @Test(.enabled(if: !TestDatabase.isPostgreSQL))
    func `While another process holds the database nothing is done, and that is said`() async throws {
        try await withAPI { client, fixture in
            let other = try Store.open(asItIs: fixture.database.address)
            let (held, holding) = AsyncStream.makeStream(of: Void.self)
            let isAnswered = Atomic(false)
            async let hold: Void = other.write { _ in
                holding.finish()
                for _ in 0..<6_000 where !isAnswered.load(ordering: .relaxed) { usleep(10_000) }
            }
            for await _ in held {}
            let component = #"[{"step": "a", "commands": ["true"]}]"#
            let answer = try await send(client, .put, "components/web", component)
            isAnswered.store(true, ordering: .relaxed)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.headers[.retryAfter] == "5")
            let problem = try decode(answer, as: Problem.self)
            #expect(problem.code == "store_busy" && problem.message.contains("nothing was done"), "\(problem)")
            _ = try await hold
            #expect(try await send(client, .get, "components/web").status == .notFound)
            #expect(try await send(client, .put, "components/web", component).status == .ok)
            try await other.close()
        }
    }

    @Test func `What can be read can be asked for without its body`() async throws {
        try await withAPI { client, _ in
            let paths = [
                "/api/v1/repositories", APIPath.document.path(), "/sign-in", "/", "/nowhere", "/api/v1/runs/x",
            ]
            for path in paths {
                let get = try await client.execute(uri: path, method: .get, headers: Self.signedIn)
                let head = try await client.execute(uri: path, method: .head, headers: Self.signedIn)
                #expect(head.status == get.status, "\(path)")
                #expect(head.body.readableBytes == 0, "\(path)")
                for name in [HTTPField.Name.contentType, .contentLength, .location] {
                    #expect(head.headers[name] == get.headers[name], "\(path)")
                }
            }
            let stranger = try await send(client, .head, "runs", headers: [:])
            #expect(stranger.status == .unauthorized && stranger.body.readableBytes == 0)
        }
    }

    @Test func `A repository is registered, shown with its hook, and its token never told`() async throws {
        try await withAPI { client, _ in
            let body =
                #"{"cloneURL": "https://git.example/team/app.git", "username": "oauth2", "token": "glpat-secret"}"#
            let created = try await send(client, .put, "repositories/team%2Fapp", body)
            #expect(created.status == .created)
            let again = try await send(
                client, .put, "repositories/team%2Fapp", #"{"cloneURL": "https://git.example/team/app.git"}"#)
            #expect(again.status == .ok)
            let view: RepositoryView = try decode(try await send(client, .get, "repositories/team%2Fapp"))
            #expect(view.path.rawValue == "team/app")
            #expect(view.hasToken)
            #expect(view.hookURL == "https://hooks.example/hooks/gitlab")
            let all = try await send(client, .get, "repositories")
            #expect(!String(buffer: all.body).contains("glpat"))
            #expect(try decode(all, as: Page<RepositoryView>.self).items.count == 2)
            let hook: HookView = try decode(try await send(client, .get, "repositories/team%2Fapp/hook"))
            #expect(hook.token.count == 64)
            #expect(hook.forge == "gitlab")
            #expect(hook.help?.contains("GitLab") == true)
            let gone = try await send(client, .delete, "repositories/team%2Fapp")
            #expect(gone.status == .noContent)
            let missing = try await send(client, .get, "repositories/team%2Fapp")
            #expect(missing.status == .notFound)
            #expect(try decode(missing, as: Problem.self).code == "unknown_repository")
        }
    }

    @Test func `A repository keeps its forge, whose address and words its hook has`() async throws {
        try await withAPI { client, _ in
            func saved(_ body: String) async throws -> HookView {
                let answer = try await send(client, .put, "repositories/team%2Fapp", body)
                #expect([.ok, .created].contains(answer.status), "\(String(buffer: answer.body))")
                let view: RepositoryView = try decode(answer)
                let hook: HookView = try decode(try await send(client, .get, "repositories/team%2Fapp/hook"))
                #expect(view.forge == hook.forge)
                #expect(view.hookURL == hook.url)
                return hook
            }
            var hook = try await saved(#"{"cloneURL": "https://github.com/team/app.git"}"#)
            #expect(hook.url == "https://hooks.example/hooks/github")
            #expect(hook.help == Forge.github.hookHelp)
            let token = hook.token
            hook = try await saved(#"{"cloneURL": "https://git.example/team/app.git", "forge": "gitea"}"#)
            #expect(hook.url == "https://hooks.example/hooks/gitea")
            // What is not given stays as it is.
            hook = try await saved(#"{"cloneURL": "https://github.com/team/app.git"}"#)
            #expect(hook.url == "https://hooks.example/hooks/gitea")
            #expect(hook.token == token)
            let wrong = try await send(
                client, .put, "repositories/team%2Fapp",
                #"{"cloneURL": "https://git.example/team/app.git", "forge": "sourcehut"}"#)
            #expect(wrong.status == .badRequest)
            let problem = try decode(wrong, as: Problem.self)
            #expect(problem.message.contains("sourcehut"))
            #expect(problem.remedy == "give one of gitlab, github, gitea")
        }
    }

    @Test func `A component is compiled when it is saved, and every mistake is told`() async throws {
        try await withAPI { client, _ in
            let saved = try await send(client, .put, "components/web", #"[{"step": "compile", "commands": ["make"]}]"#)
            #expect(saved.status == .ok)
            let view: ComponentView = try decode(saved)
            #expect(view.revision == 1)
            #expect(view.digest.hasPrefix("sha256:"))
            let same: ComponentView = try decode(
                try await send(client, .put, "components/web", #"[{"step": "compile", "commands": ["make"]}]"#))
            #expect(same.revision == 1)
            let process = try await send(client, .get, "processes/\(view.digest)")
            #expect(process.status == .ok)
            let wrong = try await send(client, .put, "components/web", #"[{"step": "compile", "comands": ["make"]}]"#)
            #expect(wrong.status == .badRequest)
            let problem: Problem = try decode(wrong)
            #expect(problem.code == "malformed_process")
            #expect(problem.details?.contains { $0.contains("did you mean “commands”") } == true)

            let associated = try await send(
                client, .put, "repositories/shop%2Fweb/associations", #"[{"component": "web", "branches": ["main"]}]"#)
            #expect(associated.status == .ok)
            let used = try await send(client, .delete, "components/web")
            #expect(used.status == .conflict)
            let unknown = try await send(
                client, .put, "repositories/shop%2Fweb/associations", #"[{"component": "nothing"}]"#)
            #expect(unknown.status == .conflict)
            #expect(String(buffer: unknown.body).contains("slipway component put nothing FILE"))
        }
    }

    @Test func `Secrets and registry logins go in and never come out`() async throws {
        try await withAPI { client, fixture in
            #expect(try await send(client, .put, "secrets/token", #"{"value": "hush"}"#).status == .ok)
            #expect(
                try await send(client, .put, "repositories/shop%2Fweb/secrets/token", #"{"value": "mine"}"#).status
                    == .ok)
            #expect(
                try await send(
                    client, .put, "registries/registry.example:5000%2Fshop", #"{"username": "u", "password": "pw"}"#
                ).status == .ok)
            for path in ["secrets", "repositories/shop%2Fweb/secrets", "registries"] {
                let shown = String(buffer: try await send(client, .get, path).body)
                #expect(!shown.contains("hush") && !shown.contains("mine") && !shown.contains("pw"))
            }
            #expect(try await send(client, .put, "secrets/other", #"{"value": "hush"}"#).status == .ok)
            func names(_ path: String) async throws -> [String] {
                let answer = try await send(client, .get, path)
                let page = try Wire.decode(Page<SecretView>.self, from: Data(answer.body.readableBytesView))
                return page.items.map { "\($0.name) of \($0.repository?.rawValue ?? "all")" }
            }
            #expect(try await names("secrets") == ["other of all", "token of all", "token of shop/web"])
            #expect(try await names("repositories/shop%2Fweb/secrets") == ["other of all", "token of shop/web"])
            let kept = try await fixture.store.read { try $0.secrets.all(for: PlatformFixture.path) }
            let token = try #require(kept.first { $0.name == "token" })
            let opened = try fixture.keys.open(token.sealed, for: .kept(secret: "token", of: "shop/web"))
            #expect(opened == "mine")
            // A group's, and rules without a value.
            #expect(try await send(client, .put, "groups/shop/secrets/own", #"{"value": "hush"}"#).status == .ok)
            let limited = try await send(
                client, .put, "groups/shop/secrets/own", #"{"rules": {"environments": ["production"]}}"#)
            let view = try Wire.decode(SecretView.self, from: Data(limited.body.readableBytesView))
            #expect(view.group == "shop" && view.rules == SecretRules(environments: ["production"]))
            #expect(try await send(client, .put, "groups/shop/secrets/none", "{}").status == .notFound)
            #expect(try await names("repositories/shop%2Fweb/secrets").contains("own of all"))
            #expect(try await send(client, .delete, "groups/shop/secrets/own").status == .noContent)
            #expect(try await send(client, .delete, "secrets/token").status == .noContent)
            #expect(try await send(client, .delete, "secrets/token").status == .notFound)
        }
    }

    @Test(
        arguments: [
            (HTTPRequest.Method.put, "repositories/shop%2Fweb", "{", 400), (.put, "repositories/shop%2Fweb", "{}", 400),
            (.put, "repositories/..%2Fetc", #"{"cloneURL": "https://git.example/a.git"}"#, 400),
            (.put, "repositories/a%2Fb", #"{"cloneURL": "https://user:pw@git.example/a.git"}"#, 400),
            (.put, "repositories/a%2Fb", #"{"cloneURL": "ext::sh -c id"}"#, 400), (.put, "components/a%20b", "[]", 400),
            (.put, "secrets/a", #"{"value": ""}"#, 400), (.post, "runs", #"{"repository": "no/such"}"#, 404),
            (.post, "runs", #"{"repository": "shop/web", "component": "none"}"#, 404),
            (.post, "runs", #"{"repository": "shop/web", "event": "pull_request"}"#, 400),
            (.post, "runs", #"{"repository": "shop/web", "event": "sneeze"}"#, 400),
            (.post, "runs", #"{"repository": "shop/web", "document": {"steps": 1}}"#, 400),
            (
                .post, "runs",
                ##"{"repository": "shop/web", "document": [{"step": "a", "commands": ["b"]}], "parameters": {"x": "1"}}"##,
                400
            ),
            (.post, "runs/none/cancel", "{}", 404), (.post, "dead/none/retry", "{}", 404),
            (.get, "runs/none", nil, 404),
            (.get, "runs/none/events", nil, 404), (.get, "runs/none/steps/1/log", nil, 404),
            (.get, "nowhere", nil, 404),
            (.get, "runs?limit=0", nil, 400), (.get, "runs?state=odd", nil, 400), (.get, "runs?before=x", nil, 400),
        ] as [(HTTPRequest.Method, String, String?, Int)])
    func `Wrong requests are answered with a problem one can act on`(
        method: HTTPRequest.Method, path: String, body: String?, status: Int
    ) async throws {
        try await withAPI { client, _ in
            let response = try await send(client, method, path, body)
            #expect(response.status.code == status)
            let problem: Problem = try decode(response)
            #expect(!problem.code.isEmpty && !problem.message.isEmpty)
        }
    }

    @Test func `A body that is no JSON, or too large, is refused`() async throws {
        try await withAPI { client, _ in
            let form = try await send(
                client, .post, "runs", "repository=shop/web",
                headers: [.authorization: "Bearer \(Self.token)", .contentType: "application/x-www-form-urlencoded"])
            #expect(form.status == .unsupportedMediaType)
            let large = try await send(
                client, .put, "components/web", "\"" + String(repeating: "x", count: 3 << 20) + "\"")
            #expect(large.status == .contentTooLarge)
            #expect(try decode(large, as: Problem.self).code == "too_large")
        }
    }

    @Test func `Runs come in pages, the newest first, by repository and by state`() async throws {
        try await withAPI { client, fixture in
            for n in 1...5 { try await fixture.push(n == 3 ? nil : Samples.single, trigger: "t\(n)", message: "m\(n)") }
            let first: Page<RunSummary> = try decode(try await send(client, .get, "runs?limit=2"))
            #expect(first.items.map(\.number) == [5, 4])
            let next = try #require(first.next)
            let second: Page<RunSummary> = try decode(try await send(client, .get, "runs?limit=2&before=\(next)"))
            #expect(second.items.map(\.number) == [3, 2])
            let skipped: Page<RunSummary> = try decode(
                try await send(client, .get, "runs?state=skipped&repository=shop/web"))
            #expect(skipped.items.map(\.number) == [3])
            #expect(skipped.next == nil)
        }
    }

    @Test func `A parked message is shown and sent again`() async throws {
        try await withAPI { client, fixture in
            let letter = DeadLetter(
                id: .init(rawValue: "m1"), queue: "slipway.pipeline", type: "JobFinished", version: 1, run: nil,
                contentType: "application/json", reason: "it is no JobFinished", body: "{}", parkedAt: .now)
            try await fixture.store.write { try $0.deadLetters.add(letter) }
            let page: Page<DeadLetterView> = try decode(try await send(client, .get, "dead"))
            #expect(page.items.map(\.reason) == ["it is no JobFinished"])
            #expect(try await send(client, .post, "dead/m1/retry").status == .accepted)
            #expect(try await fixture.sentWork() == ["JobFinished → slipway.pipeline"])
            let empty: Page<DeadLetterView> = try decode(try await send(client, .get, "dead"))
            #expect(empty.items.isEmpty)
        }
    }

    @Test func `A log is read from any byte, as text nobody takes for a page`() async throws {
        try await withAPI { client, fixture in
            try await fixture.push(Samples.single)
            let run = try #require(try await fixture.runs().first)
            let job = try #require(try await fixture.jobs(of: run.id).first)
            _ = try await fixture.claim(job.id)
            try await fixture.printed("test", job, "<b>hello</b>\n")
            let response = try await send(client, .get, "runs/\(run.id)/steps/1/log?offset=3")
            #expect(String(buffer: response.body) == "hello</b>\n")
            #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(response.headers[.xContentTypeOptions] == "nosniff")
            let view: RunView = try decode(try await send(client, .get, "runs/\(run.id)"))
            #expect(view.stages[0].steps[0].logBytes == 13)
        }
    }
}
