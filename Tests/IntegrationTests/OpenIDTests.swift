import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import SystemPackage
import TestSupport
import Testing

/// Signing in at an OpenID Connect provider that others wrote, with what goes wrong there.
@Suite struct OpenIDTests {
    /// The provider, with ways to have it do wrong.
    private static let provider = """
        import sys, flask, oidc_provider_mock, oidc_provider_mock._app as provider
        from authlib import jose
        from werkzeug.serving import make_server
        app = oidc_provider_mock.app(require_nonce=True)
        settings = provider.OpenIDCode.get_jwt_config
        forged = []
        def config(self, grant, client=None):
            found = settings(self, grant, client)
            if forged: found["key"] = jose.RSAKey.generate_key(is_private=True).as_dict(is_private=True)
            return found
        provider.OpenIDCode.get_jwt_config = config
        @app.post("/key/<name>")
        def change_key(name):
            forged[:] = [name] if name == "forged" else []
            if name == "new": provider.storage.jwk = jose.RSAKey.generate_key(is_private=True)
            return ""
        make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
        """

    /// A browser at the platform and at the provider.
    private struct Browser {
        let http = HTTPClient(logger: Logger(label: "browser"))
        let server: String
        let provider: String

        struct Page {
            var status: Int
            var text: String
            var location: String?
            var cookies: [String: String]
        }

        func ask(
            _ method: HTTPRequest.Method, _ url: String, _ body: String? = nil, cookies: [String: String] = [:],
            type: String = "application/x-www-form-urlencoded"
        ) async throws -> Page {
            var request = HTTPRequest(method, url)
            if !cookies.isEmpty {
                request.headers.add("Cookie", cookies.map { "\($0)=\($1)" }.joined(separator: "; "))
            }
            request.headers.add("Sec-Fetch-Site", "same-origin")
            if let body {
                request.headers.add("Content-Type", type)
                request.body = .bytes(Array(body.utf8))
            }
            request.totalTimeout = .seconds(60)
            let answer = try await http.send(request)
            var set: [String: String] = [:]
            for field in answer.headers where field.name.lowercased() == "set-cookie" {
                let parts = field.value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2 { set[parts[0]] = parts[1] }
            }
            let body = try await answer.body.collect(upTo: 1 << 20)
            return Page(
                status: answer.status, text: String(decoding: body, as: UTF8.self),
                location: answer.headers["location"], cookies: set)
        }

        /// Leaves for the provider and signs in there, up to the way back.
        func leave(as subject: String?) async throws -> (back: String, cookies: [String: String]) {
            let left = try await ask(.get, server + "/sign-in/provider?to=%2Fworkers")
            let there = try #require(left.location, "\(left.text)")
            let back = try await ask(.post, there, subject.map { "sub=\($0)" } ?? "action=deny")
            return (try #require(back.location, "\(back.text)"), left.cookies)
        }

        func signIn(_ subject: String) async throws -> Page {
            let (back, cookies) = try await leave(as: subject)
            return try await ask(.get, back, cookies: cookies)
        }

        func me(_ page: Page) async throws -> MeView {
            let answer = try await ask(.get, server + APIPath.me.path(), cookies: page.cookies)
            return try Wire.decode(MeView.self, from: Data(answer.text.utf8))
        }

        /// What the provider says of somebody from now on.
        func set(_ subject: String, _ claims: String) async throws {
            let done = try await ask(.put, "\(provider)/users/\(subject)", claims, type: "application/json")
            #expect(done.status == 204, "\(done.text)")
        }

        /// Has the provider sign with a new key, or with one that is not its own.
        func changeKey(_ name: String) async throws {
            #expect(try await ask(.post, "\(provider)/key/\(name)", "", type: "text/plain").status == 200)
        }
    }

    private func with(_ body: (Stack, Browser, ServiceProgram) async throws -> Void) async throws {
        let python = FilePath(try TestEnvironment.required("SLIPWAY_TEST_PYTHON")).appending("bin/python").string
        let port = try LoopbackPort.free()
        let provider = "http://127.0.0.1:\(port)"
        try await withTemporaryDirectory { directory in
            try writeFile(directory.appending("provider.py"), Self.provider)
            let process = try await ServiceProgram.start(
                path: FilePath(python), ["PATH": "/usr/bin:/bin"],
                [directory.appending("provider.py").string, "\(port)"], log: directory.appending("provider.log"))
            do {
                try await Stack.with(settings: [
                    "pipeline": [
                        "SLIPWAY_OPENID_ISSUER": provider, "SLIPWAY_OPENID_CLIENT_ID": "slipway",
                        "SLIPWAY_OPENID_CLIENT_SECRET": "not/a real+one", "SLIPWAY_OPENID_NAME": "The Provider",
                    ]
                ]) { stack in
                    let browser = Browser(
                        server: "http://127.0.0.1:\(stack.ports.pipeline)", provider: provider)
                    try await eventually(within: .seconds(60), "the provider answers") {
                        do {
                            return try await browser.ask(.get, provider + "/jwks").status == 200
                        } catch is HTTPClientError { return false }
                    }
                    try await body(stack, browser, process)
                    await browser.http.shutdown()
                }
            } catch {
                try? await process.signal("KILL")
                _ = try await process.exit()
                throw error
            }
            try? await process.signal("KILL")
            _ = try await process.exit()
        }
    }

    @Test(.timeLimit(.minutes(5))) func peopleSignInAtAProvider() async throws {
        try await with { stack, browser, process in
            let page = try await browser.ask(.get, browser.server + "/sign-in")
            #expect(page.text.contains("Sign in with The Provider"))
            try await browser.set(
                "ada-1",
                #"{"preferred_username": "Ada", "name": "Ada L.", "email": "ada@example.com", "groups": ["shop/ops", "all"]}"#
            )
            let first = try await browser.signIn("ada-1")
            #expect(first.status == 303 && first.location == "/workers", "\(first.text)")
            let ada = try #require(try await browser.me(first).person)
            #expect(ada.name == "ada" && ada.displayName == "Ada L." && ada.email == "ada@example.com")
            #expect(ada.groups == ["all", "shop/ops"] && ada.issuer == browser.provider && !ada.hasPassword)
            // A name is nobody's proof: another subject of that name is another person.
            try await browser.set("ada-2", #"{"preferred_username": "ada", "email": "ada@example.com"}"#)
            #expect(try await browser.me(try await browser.signIn("ada-2")).name == "ada-2")
            // Who is known keeps the account, and has the groups that are told now, in older sessions too.
            try await browser.set("ada-1", #"{"preferred_username": "someone", "groups": ["all"]}"#)
            #expect(try await browser.me(try await browser.signIn("ada-1")).name == "ada")
            #expect(try await browser.me(first).person?.groups == ["all"])

            // No password lets in whom the provider lets in no more.
            let password = try await browser.ask(
                .put, browser.server + APIPath.password.path(), #"{"password": "correct horse battery"}"#,
                cookies: first.cookies, type: "application/json")
            #expect(password.status == 403 && password.text.contains("provider_account"), "\(password.text)")

            // What was blocked here stays blocked.
            let blocked = try await stack.platform.send(
                .put, "people/ada-2", PersonChange(isBlocked: true))
            #expect(blocked.status == 200)
            let refused = try await browser.signIn("ada-2")
            #expect(refused.status == 403 && refused.text.contains("is blocked") && refused.cookies.count <= 1)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatAProviderDoesWrongLetsNobodyIn() async throws {
        try await with { stack, browser, process in
            func isRefused(_ page: Browser.Page, _ words: String) -> Bool {
                let session = page.cookies.first { $0.key == "slipway_session" && !$0.value.isEmpty }
                return page.status >= 400 && session == nil && page.text.contains(words)
            }
            #expect(try await browser.signIn("ada").status == 303)
            for (claims, words) in [
                (#"{"aud": "another"}"#, "is for “another”, not for “slipway”"), (#"{"exp": 1}"#, "has expired"),
                (#"{"iss": "http://127.0.0.1:1"}"#, "was made by “http:"), (#"{"nonce": "x"}"#, "another attempt"),
            ] {
                try await browser.set("eve", claims)
                let page = try await browser.signIn("eve")
                #expect(isRefused(page, words), "\(claims): \(page.text)")
            }
            try await browser.set("eve", "{}")
            try await browser.changeKey("forged")
            let forged = try await browser.signIn("ada")
            #expect(isRefused(forged, "signature") || isRefused(forged, "which it does not have"), "\(forged.text)")
            try await browser.changeKey("own")

            // An answer is good for the browser that asked, for its own attempt, and once.
            let (back, cookies) = try await browser.leave(as: "ada")
            #expect(isRefused(try await browser.ask(.get, back), "has not begun"))
            let (other, otherCookies) = try await browser.leave(as: "eve")
            #expect(isRefused(try await browser.ask(.get, other, cookies: cookies), "has not begun"))
            #expect(try await browser.ask(.get, other, cookies: otherCookies).status == 303)
            #expect(try await browser.ask(.get, back, cookies: cookies).status == 303)
            #expect(isRefused(try await browser.ask(.get, back, cookies: cookies), "answered 4"))
            let (denied, itsCookies) = try await browser.leave(as: nil)
            // It says no without the state, so that nobody can tell whose attempt it was.
            #expect(denied.contains("error=access_denied"))
            #expect(isRefused(try await browser.ask(.get, denied, cookies: itsCookies), "has not begun"))

            // A new key is fetched; not with each token, so that it may take some seconds.
            try await browser.changeKey("new")
            try await eventually(within: .seconds(60), every: .seconds(1), "the new key is fetched") {
                try await browser.signIn("ada").status == 303
            }

            let (last, lastCookies) = try await browser.leave(as: "ada")
            try await process.signal("KILL")
            let down = try await browser.ask(.get, last, cookies: lastCookies)
            #expect(down.status == 503 && isRefused(down, "does not answer"), "\(down.text)")
            #expect(try await browser.ask(.get, browser.server + "/sign-in").status == 200)
        }
    }
}
