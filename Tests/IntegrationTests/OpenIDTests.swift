import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import SystemPackage
import TestSupport
import Testing

/// Signing in at an OpenID Connect provider that others wrote, with what goes wrong there.
@Suite struct OpenIDTests {
    @Test(.timeLimit(.minutes(5))) func peopleSignInAtAProvider() async throws {
        try await SignInProvider.with { stack, browser, process in
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

            // A group that cannot be kept as it is counts for nothing: cut or cleaned it would be another one.
            let (long, tooLong) = (String(repeating: "g", count: 255), String(repeating: "g", count: 256))
            try await browser.set(
                "ada-3", #"{"preferred_username": "amy", "groups": ["\#(long)", "\#(tooLong)", "shop/\u0007ops", ""]}"#)
            #expect(try await browser.me(try await browser.signIn("ada-3")).person?.groups == [long])
            // Nobody comes as somebody whom an environment waits for.
            try await stack.platform.putEnvironment(
                "live",
                EnvironmentRules(
                    workloads: ["deployment/web"], repositories: ["shop/web"], approvals: 1, approvers: ["bob"]))
            try await browser.set("ada-4", #"{"preferred_username": "bob"}"#)
            #expect(try await browser.me(try await browser.signIn("ada-4")).name == "bob-2")

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
        try await SignInProvider.with { stack, browser, process in
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

    /// At each of the addresses that are asked, and in each way: the page says what is wrong, and once it is right again
    /// people sign in without anybody's doing.
    @Test(.timeLimit(.minutes(5))) func aProviderInTroubleLetsNobodyInAndIsAskedAgain() async throws {
        try await SignInProvider.with { stack, browser, process in
            let discovery = "/.well-known/openid-configuration"
            for (kind, words) in [
                ("down", "answered 500"), ("garbage", "answered 200"), ("other", "calls itself “https:"),
                ("slow", "does not answer"),
            ] {
                try await browser.trouble(kind, at: discovery)
                let page = try await browser.ask(.get, browser.server + "/sign-in/provider?to=%2F")
                #expect(page.status == 503 && isRefused(page, words), "\(kind): \(page.text)")
                // Whoever has a password or a link is let in meanwhile.
                #expect(page.text.contains("name=\"password\""))
            }
            for (kind, path, words) in [
                ("down", "/oauth2/token", "answered 500"), ("slow", "/oauth2/token", "does not answer"),
                ("garbage", "/oauth2/token", "answered 200"), ("other", "/oauth2/token", "no ID token"),
                ("down", "/jwks", "answered 500"), ("slow", "/jwks", "does not answer"),
                ("other", "/jwks", "no list of keys"),
            ] {
                try await browser.trouble("none")
                let (back, cookies) = try await browser.leave(as: "ada")
                try await browser.trouble(kind, at: path)
                let page = try await browser.ask(.get, back, cookies: cookies)
                #expect(page.status == 503 && isRefused(page, words), "\(kind) \(path): \(page.text)")
            }
            try await browser.trouble("none")
            #expect(try await browser.signIn("ada").status == 303)
        }
    }

    @Test(.timeLimit(.minutes(5))) func whoComesBackGoesToOurPagesAloneAndFromOurProviderAlone() async throws {
        try await SignInProvider.with { stack, browser, process in
            for place in [
                "https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%09%2Fevil.example",
                "evil.example", "javascript%3Aalert(1)", "",
            ] {
                let page = try await browser.signIn("ada", to: place)
                #expect(page.status == 303 && page.location == "/", "\(place): \(page.location ?? "")")
            }
            // Another provider's answer (RFC 9207).
            let (back, cookies) = try await browser.leave(as: "ada")
            let mixed = try await browser.ask(.get, back + "&iss=https%3A%2F%2Fevil.example", cookies: cookies)
            #expect(isRefused(mixed, "has not begun"), "\(mixed.text)")
            let named = try await browser.ask(
                .get, back + "&iss=" + browser.provider.replacing(":", with: "%3A").replacing("/", with: "%2F"),
                cookies: cookies)
            #expect(named.status == 303, "\(named.text)")
            // Whoever had planted a session in the browser does not know the new one.
            let (again, attempt) = try await browser.leave(as: "ada")
            let former = try #require(named.cookies["slipway_session"])
            let next = try await browser.ask(
                .get, again, cookies: attempt.merging(["slipway_session": former]) { one, _ in one })
            #expect(next.status == 303 && next.cookies["slipway_session"] != former)
            let me = browser.server + APIPath.me.path()
            #expect(try await browser.ask(.get, me, cookies: ["slipway_session": former]).status == 401)
            #expect(try await browser.ask(.get, me, cookies: next.cookies).status == 200)
        }
    }

    /// Groups, a block, a session and a token, while they are used and while a stream is open.
    @Test(.timeLimit(.minutes(5))) func whatIsTakenBackHoldsAtOnceForSessionsTokensAndStreams() async throws {
        try await SignInProvider.with { stack, browser, process in
            let given = try await stack.platform.send(
                .put, "roles/%40shop%2Fops/%2A%2A", RoleRequest(role: .developer))
            #expect(given.status == 200, "\(given.text)")
            try await browser.set("ada-1", #"{"preferred_username": "ada", "groups": ["shop/ops"]}"#)
            let first = try await browser.signIn("ada-1")
            let made = try await browser.ask(
                .post, browser.server + APIPath.tokens.path(), #"{"name": "laptop"}"#, cookies: first.cookies,
                type: "application/json")
            let token = try Wire.decode(TokenGrant.self, from: Data(made.text.utf8)).token
            let workers = browser.server + APIPath.workers.path()
            func statuses() async throws -> [Int] {
                [
                    try await browser.ask(.get, workers, cookies: first.cookies).status,
                    try await stack.platform.status(workers, token: token),
                ]
            }
            #expect(try await statuses() == [200, 200])
            // What the provider says is known with the next sign-in, and holds then for all there is.
            try await browser.set("ada-1", #"{"preferred_username": "ada", "groups": []}"#)
            #expect(try await statuses() == [200, 200])
            let second = try await browser.signIn("ada-1")
            #expect(second.status == 303)
            #expect(try await statuses() == [403, 403])
            try await browser.set("ada-1", #"{"preferred_username": "ada", "groups": ["shop/ops"]}"#)
            _ = try await browser.signIn("ada-1")
            #expect(try await statuses() == [200, 200])

            // A stream ends with what it was begun with.
            func open(_ credential: [String: String]) async throws -> HTTPResponse {
                var request = HTTPRequest(.get, browser.server + APIPath.events.path())
                for (name, value) in credential { request.headers.add(name, value) }
                request.totalTimeout = .seconds(120)
                let answer = try await browser.http.send(request)
                #expect(answer.status == 200)
                return answer
            }
            func open(_ page: SignInProvider.Browser.Page) async throws -> HTTPResponse {
                try await open(["Cookie": "slipway_session=\(page.cookies["slipway_session"] ?? "")"])
            }
            let bySession = try await open(first)
            let byToken = try await open(["Authorization": "Bearer \(token)"])
            let out = try await browser.ask(
                .delete, browser.server + APIPath.session.path(), "", cookies: first.cookies, type: "application/json")
            #expect(out.status == 204)
            let revoked = try await stack.platform.send(.delete, "tokens/ada%2Flaptop")
            #expect(revoked.status == 204, "\(revoked.text)")
            _ = try await bySession.body.collect(upTo: 1 << 20)
            _ = try await byToken.body.collect(upTo: 1 << 20)
            #expect(try await statuses() == [401, 401])

            let third = try await browser.signIn("ada-1")
            let blocked = try await open(third)
            let block = try await stack.platform.send(.put, "people/ada", PersonChange(isBlocked: true))
            #expect(block.status == 200)
            _ = try await blocked.body.collect(upTo: 1 << 20)
            #expect(try await browser.ask(.get, workers, cookies: third.cookies).status == 401)
        }
    }

    /// With the built programs: the command waits, its person signs in at the provider with a browser and lets it in.
    @Test(.timeLimit(.minutes(5))) func aCommandSignsInThroughTheProvider() async throws {
        try await SignInProvider.with { stack, browser, process in
            try await browser.set("ada-1", #"{"preferred_username": "ada", "groups": []}"#)
            let folder = stack.directory.appending("cli")
            try await runTool("mkdir", ["-p", folder.string])
            let environment = [
                "PATH": "/usr/bin:/bin", "HOME": folder.string, "XDG_CONFIG_HOME": folder.string,
                "SLIPWAY_TEST_RUN": TestEnvironment.optional("SLIPWAY_TEST_RUN") ?? "",
            ]
            let said = folder.appending("said")
            func read() throws -> String {
                guard let data = try? Data(contentsOf: URL(filePath: said.string)) else { return "" }
                return String(decoding: data, as: UTF8.self)
            }
            let login = try await ServiceProgram.start(
                "slipway", environment, ["login", browser.server, "--browser"], log: said)
            var page = ""
            try await eventually(within: .seconds(60), "the command says where to sign in") {
                let line = try read().split(separator: "\n").first { $0.contains("/login?code=") }
                page = line.map { $0.trimmingPrefix { $0 == " " } }.map(String.init) ?? ""
                return line != nil
            }
            // Who opens the page is sent to sign in, at the provider, and comes back to it.
            let asked = try await browser.ask(.get, page)
            let to = try #require(asked.location?.split(separator: "to=").last.map(String.init))
            let signedIn = try await browser.signIn("ada-1", to: to)
            let shown = try await browser.ask(
                .get, browser.server + (try #require(signedIn.location)), cookies: signedIn.cookies)
            #expect(shown.text.contains("asks to act as you, <b>ada</b>"), "\(shown.text)")
            let code = try #require(page.split(separator: "=").last)
            let allowed = try await browser.ask(
                .post, browser.server + "/login", "code=\(code)&allow=yes", cookies: signedIn.cookies)
            #expect(allowed.status == 200)
            #expect(try await login.exit() == .exited(0))
            #expect(try read().contains("Signed in to \(browser.server) as ada"))
            let who = try await ServiceProgram.start("slipway", environment, ["whoami"], log: said)
            #expect(try await who.exit() == .exited(0))
            #expect(try read().contains("ada, ada"))
            func tokens() async throws -> [String] {
                try await stack.platform.send(.get, "tokens").decode(Page<TokenView>.self).items.map(\.name)
            }
            #expect(try await tokens().contains { $0.hasPrefix("ada/login.") })
            let logout = try await ServiceProgram.start("slipway", environment, ["logout"], log: said)
            #expect(try await logout.exit() == .exited(0))
            #expect(try await !tokens().contains { $0.hasPrefix("ada/") })
        }
    }

    private func isRefused(_ page: SignInProvider.Browser.Page, _ words: String) -> Bool {
        let session = page.cookies.first { $0.key == "slipway_session" && !$0.value.isEmpty }
        return page.status >= 400 && session == nil && page.text.contains(words)
    }
}
