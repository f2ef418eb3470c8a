import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import SystemPackage
import TestSupport
import Testing

/// An OpenID Connect provider that others wrote, which people of a stack sign in at.
enum SignInProvider {
    /// The provider, with ways to have it do wrong.
    static let program = """
        import sys, time, flask, oidc_provider_mock, oidc_provider_mock._app as provider
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
        trouble = {}
        @app.post("/trouble/<kind>")
        def make_trouble(kind):
            trouble.clear()
            if kind != "none": trouble[flask.request.form["at"]] = kind
            return ""
        @app.before_request
        def be_in_trouble():
            kind = trouble.get(flask.request.path)
            if kind == "down": return "it is down", 500
            if kind == "garbage": return "<html>"
            if kind == "other": return {"issuer": "https://other.example"}
            if kind == "slow": time.sleep(600)
        make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True).serve_forever()
        """

    /// A browser at the platform and at the provider.
    struct Browser {
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
        func leave(
            as subject: String?, to place: String = "%2Fworkers"
        ) async throws -> (back: String, cookies: [String: String]) {
            let left = try await ask(.get, server + "/sign-in/provider?to=\(place)")
            let there = try #require(left.location, "\(left.text)")
            let back = try await ask(.post, there, subject.map { "sub=\($0)" } ?? "action=deny")
            return (try #require(back.location, "\(back.text)"), left.cookies)
        }

        func signIn(_ subject: String, to place: String = "%2Fworkers") async throws -> Page {
            let (back, cookies) = try await leave(as: subject, to: place)
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

        /// Has the provider be in trouble at one of its addresses.
        func trouble(_ kind: String, at path: String = "") async throws {
            #expect(try await ask(.post, "\(provider)/trouble/\(kind)", "at=\(path)").status == 200)
        }

        /// Has the provider sign with a new key, or with one that is not its own.
        func changeKey(_ name: String) async throws {
            #expect(try await ask(.post, "\(provider)/key/\(name)", "", type: "text/plain").status == 200)
        }
    }

    static func with(_ body: (Stack, Browser, ServiceProgram) async throws -> Void) async throws {
        let python = FilePath(try TestEnvironment.required("SLIPWAY_TEST_PYTHON")).appending("bin/python").string
        let port = try LoopbackPort.free()
        let provider = "http://127.0.0.1:\(port)"
        try await withTemporaryDirectory { directory in
            try writeFile(directory.appending("provider.py"), Self.program)
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
}
