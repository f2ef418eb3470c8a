import Contracts
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing
import WebServer

@testable import Pipeline

/// A browser's session is the same whether it was begun at the API or at the pages, and has one rule of who may use it.
@Suite struct SessionTests {
    /// The two doors a browser comes in by.
    enum Door: CaseIterable {
        case api, pages

        var signIn: (path: String, type: String, body: String) {
            switch self {
            case .api:
                ("/api/v1/session", "application/json", #"{"token": "\#(PlatformFixture.token)"}"#)
            case .pages: ("/sign-in", "application/x-www-form-urlencoded", "token=\(PlatformFixture.token)")
            }
        }
    }

    /// What a browser says of where a request comes from, and whether that is one of our pages.
    static let places: [(headers: HTTPFields, isOurs: Bool)] = [
        ([.secFetchSite: "same-origin"], true), ([.secFetchSite: "none"], true),
        ([.secFetchSite: "same-site"], false), ([.secFetchSite: "cross-site"], false),
        ([.secFetchSite: "cross-site", .origin: "https://slipway.example"], false),
        ([.origin: "https://slipway.example"], true), ([.origin: "http://localhost"], true),
        ([.origin: "https://slipway.example.evil"], false), ([.origin: "https://evil.example"], false),
        ([.origin: "null"], false), ([:], false),
    ]

    private func with(
        publicURL: String = "https://slipway.example", proxies: TrustedProxies = .none,
        by setup: TestWay = .router,
        _ body: @escaping @Sendable (TestClient, PlatformFixture) async throws -> Void
    ) async throws {
        try await PlatformFixture.with { fixture in
            let router = try PipelineRouter.make(
                fixture.operations, publicURL: publicURL, proxies: proxies, logger: Logger(label: "test"))
            try await Application(router: router).test(setup) { try await body($0, fixture) }
        }
    }

    private func signIn(
        _ client: TestClient, at door: Door, from place: HTTPFields = [.secFetchSite: "same-origin"]
    ) async throws -> TestResponse {
        var headers = place
        headers[.contentType] = door.signIn.type
        return try await client.execute(
            uri: door.signIn.path, method: .post, headers: headers, body: ByteBuffer(string: door.signIn.body))
    }

    private func cookie(_ response: TestResponse) throws -> String {
        String(try #require(response.headers[.setCookie]).prefix { $0 != ";" })
    }

    @Test(arguments: Door.allCases) func `A session has the same cookie at either door`(door: Door) async throws {
        for (url, isSecure) in [("https://slipway.example", true), ("http://slipway.example", false)] {
            try await with(publicURL: url) { client, _ in
                let cookie = try #require(try await signIn(client, at: door).headers[.setCookie])
                #expect(cookie.hasPrefix(isSecure ? "__Host-slipway_session=s_" : "slipway_session=s_"))
                #expect(!cookie.contains("Domain"))
                for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
                    #expect(cookie.contains(part), "\(part)")
                }
                #expect(cookie.contains("Secure") == isSecure)
            }
        }
    }

    /// Where TLS ends at a proxy, its word is taken that the browser came by HTTPS, and nobody else's.
    @Test(arguments: Door.allCases) func `Its cookie is for HTTPS where a trusted proxy says so`(
        door: Door
    ) async throws {
        for (proxies, scheme, isSecure) in [
            ("127.0.0.1,::1", "https", true), ("127.0.0.1,::1", "http", false), ("192.0.2.1", "https", false),
        ] {
            try await with(publicURL: "http://slipway", proxies: try TrustedProxies(proxies), by: .live) { client, _ in
                let answer = try await signIn(
                    client, at: door,
                    from: [
                        .secFetchSite: "same-origin", .forwardedProto: scheme, .forwardedFor: "198.51.100.7",
                    ])
                let cookie = try #require(answer.headers[.setCookie])
                #expect(cookie.contains("; Secure") == isSecure, "\(proxies) \(scheme)")
                #expect(cookie.hasPrefix("__Host-") == isSecure, "\(proxies) \(scheme)")
                #expect((answer.headers[.strictTransportSecurity] != nil) == isSecure, "\(proxies) \(scheme)")
            }
        }
    }

    /// A page of a neighbouring host, or whoever is between and speaks plain HTTP, can set a cookie of the plain name.
    @Test func `A cookie that a neighbour put there is no session behind HTTPS`() async throws {
        try await with { client, fixture in
            let session = try await fixture.operations.signIn(token: PlatformFixture.token)
            for (name, status) in [
                ("slipway_session", HTTPResponse.Status.unauthorized), ("__Host-slipway_session", .ok),
            ] {
                let answer = try await client.execute(
                    uri: "/api/v1/runs", method: .get, headers: [.cookie: "\(name)=\(session)"])
                #expect(answer.status == status)
                #expect(answer.headers[.strictTransportSecurity] == "max-age=31536000")
            }
        }
    }

    /// A megabyte of a stranger's is not kept while it comes in.
    @Test(arguments: Door.allCases) func `A body of someone who is not signed in is small`(door: Door) async throws {
        try await with { client, _ in
            let answer = try await client.execute(
                uri: door.signIn.path, method: .post,
                headers: [.secFetchSite: "same-origin", .contentType: door.signIn.type],
                body: ByteBuffer(string: door.signIn.body + String(repeating: " ", count: 9_000)))
            #expect(answer.status == .contentTooLarge)
        }
    }

    @Test(arguments: Door.allCases) func `It opens both, and is over for both once it is ended at one`(
        door: Door
    ) async throws {
        try await with { client, _ in
            var headers: HTTPFields = [.cookie: try cookie(try await signIn(client, at: door))]
            #expect(try await client.execute(uri: "/api/v1/runs", method: .get, headers: headers).status == .ok)
            #expect(try await client.execute(uri: "/", method: .get, headers: headers).status == .ok)
            headers[.secFetchSite] = "same-origin"
            switch door {
            case .api:
                let ended = try await client.execute(uri: "/api/v1/session", method: .delete, headers: headers)
                #expect(ended.status == .noContent)
                #expect(ended.headers[.setCookie]?.contains("Max-Age=0") == true)
            case .pages:
                headers[.contentType] = "application/x-www-form-urlencoded"
                let ended = try await client.execute(
                    uri: "/sign-out", method: .post, headers: headers, body: ByteBuffer())
                #expect(ended.status == .seeOther)
                #expect(ended.headers[.setCookie]?.contains("Max-Age=0") == true)
            }
            #expect(
                try await client.execute(uri: "/api/v1/runs", method: .get, headers: headers).status == .unauthorized)
            #expect(try await client.execute(uri: "/", method: .get, headers: headers).status == .seeOther)
        }
    }

    /// Whoever knew the secret that a browser had before it signed in knows nothing of the one it has since.
    @Test(arguments: Door.allCases) func `A browser that signs in anew has a new session, and its former one is over`(
        door: Door
    ) async throws {
        try await with { client, fixture in
            let former = try cookie(try await signIn(client, at: .api))
            for planted in [former, "__Host-slipway_session=s_planted"] {
                let next = try cookie(
                    try await signIn(client, at: door, from: [.secFetchSite: "same-origin", .cookie: planted]))
                #expect(next != former && next != planted)
                func status(_ cookie: String) async throws -> HTTPResponse.Status {
                    try await client.execute(uri: "/api/v1/runs", method: .get, headers: [.cookie: cookie]).status
                }
                #expect(try await status(planted) == .unauthorized)
                #expect(try await status(next) == .ok)
            }
        }
    }

    @Test(arguments: Door.allCases) func `It begins only from one of our pages`(door: Door) async throws {
        try await with { client, _ in
            for (place, isOurs) in Self.places {
                let response = try await signIn(client, at: door, from: place)
                #expect((response.headers[.setCookie] != nil) == isOurs, "\(place)")
                #expect((response.status == .forbidden) == !isOurs, "\(place)")
            }
        }
    }

    @Test(arguments: Door.allCases) func `It changes something only from one of our pages`(door: Door) async throws {
        try await with { client, fixture in
            let cookie = try cookie(try await signIn(client, at: .api))
            for (place, isOurs) in Self.places {
                var headers = place
                headers[.cookie] = cookie
                let before = try await fixture.runs().count
                let response: TestResponse
                switch door {
                case .api:
                    headers[.contentType] = "application/json"
                    response = try await client.execute(
                        uri: "/api/v1/runs", method: .post, headers: headers,
                        body: ByteBuffer(string: #"{"repository": "shop/web"}"#))
                case .pages:
                    headers[.contentType] = "application/x-www-form-urlencoded"
                    response = try await client.execute(
                        uri: "/runs", method: .post, headers: headers,
                        body: ByteBuffer(string: "repository=shop%2Fweb"))
                }
                #expect((response.status == .forbidden) == !isOurs, "\(place)")
                #expect(try await fixture.runs().count == before + (isOurs ? 1 : 0), "\(place)")
            }
        }
    }

    @Test func `A program has its token, from wherever`() async throws {
        try await with { client, _ in
            let headers: HTTPFields = [
                .authorization: "bearer \(PlatformFixture.token)", .contentType: "application/json",
                .secFetchSite: "cross-site",
            ]
            let started = try await client.execute(
                uri: "/api/v1/runs", method: .post, headers: headers,
                body: ByteBuffer(string: #"{"repository": "shop/web"}"#))
            #expect(started.status == .created)
            // A wrong token is not made good by a session.
            let cookie = try cookie(try await signIn(client, at: .api))
            for token in ["Bearer slp_wrong", "Basic eDp5", "Bearer"] {
                let refused = try await client.execute(
                    uri: "/api/v1/runs", method: .get, headers: [.authorization: token, .cookie: cookie])
                #expect(refused.status == .unauthorized)
            }
        }
    }

    @Test(arguments: Door.allCases) func `A wrong token opens nothing`(door: Door) async throws {
        try await with { client, _ in
            let response = try await client.execute(
                uri: door.signIn.path, method: .post,
                headers: [.contentType: door.signIn.type, .secFetchSite: "same-origin"],
                body: ByteBuffer(string: door.signIn.body.replacing(PlatformFixture.token, with: "slp_wrong")))
            #expect(response.status == (door == .api ? .unauthorized : .forbidden))
            #expect(response.headers[.setCookie] == nil)
        }
    }
}

extension HTTPField.Name {
    fileprivate static let forwardedProto = HTTPField.Name(parsed: "x-forwarded-proto") ?? .via
    fileprivate static let forwardedFor = HTTPField.Name(parsed: "x-forwarded-for") ?? .via
}
