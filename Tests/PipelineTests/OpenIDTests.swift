import Contracts
import FoundationEssentials
import Testing
import Text

@testable import Pipeline

/// What is taken of a provider's word, without a provider.
@Suite struct OpenIDTests {
    private static let configuration = OpenIDConfiguration(
        issuer: "https://login.example", clientID: "slipway", clientSecret: nil,
        redirectURL: "https://slipway.example/sign-in/callback", label: "login.example")
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)

    private static func claims(_ changes: [String: JSONValue?] = [:]) -> JSONValue {
        var claims: [String: JSONValue] = [
            "iss": "https://login.example", "aud": "slipway", "sub": "ada-1", "nonce": "n", "iat": 1_700_000_000,
            "exp": 1_700_000_300,
        ]
        for (name, value) in changes { claims[name] = value }
        return .object(claims)
    }

    private func check(_ claims: JSONValue) throws -> String {
        try OpenIDToken(claims: claims).check(Self.configuration, nonce: "n", now: Self.now)
    }

    @Test func `A good token says whose it is`() throws {
        #expect(try check(Self.claims()) == "ada-1")
        #expect(try check(Self.claims(["aud": ["slipway"]])) == "ada-1")
        #expect(try check(Self.claims(["aud": ["slipway", "other"], "azp": "slipway"])) == "ada-1")
        // Clocks are a little apart.
        #expect(try check(Self.claims(["exp": 1_699_999_950, "iat": 1_700_000_050])) == "ada-1")
        #expect(try check(Self.claims(["exp": .number(1_700_000_300.5)])) == "ada-1")
    }

    @Test(
        arguments: [
            (["iss": "https://login.example/"], "was made by"), (["iss": nil], "was made by"),
            (["aud": "other"], "is for “other”"), (["aud": []], "is for"), (["aud": nil], "is for"),
            (["aud": ["slipway", "other"]], "was given to"), (["azp": "other"], "was given to “other”"),
            (["exp": 1_699_999_940], "has expired"), (["exp": nil], "has expired"), (["exp": "soon"], "has expired"),
            (["iat": 1_700_000_061], "not good yet"), (["iat": nil], "not good yet"),
            (["nbf": 1_700_000_061], "not good yet"), (["nonce": "m"], "another attempt"),
            (["nonce": nil], "another attempt"), (["sub": ""], "whose it is"), (["sub": nil], "whose it is"),
            (["sub": .string(String(repeating: "x", count: 256))], "whose it is"),
        ] as [([String: JSONValue?], String)])
    func `A token that is not good says why`(changes: [String: JSONValue?], words: String) {
        let error = #expect(throws: OpenIDError.self) { try check(Self.claims(changes)) }
        #expect(error?.code == .badToken && error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func `What is signed with nothing, or with a secret that both know, is not taken`() throws {
        func token(_ header: String) -> String {
            [header, "{}", "x"].map { Base64URL.encode(.init($0.utf8)) }.joined(separator: ".")
        }
        #expect(try OpenIDKeys.keyID(of: token(#"{"alg": "RS256", "kid": "k"}"#)) == "k")
        #expect(try OpenIDKeys.keyID(of: token(#"{"alg": "ES256"}"#)) == nil)
        for bad in [
            token(#"{"alg": "none"}"#), token(#"{"alg": "HS256"}"#), token(#"{"alg": "rs256"}"#), token("{}"), "",
            "a.b",
            "a.b.c", token(#"{"alg": "RS256"}"#) + ".x",
        ] {
            #expect(throws: OpenIDError.self) { try OpenIDKeys.keyID(of: bad) }
        }
    }

    @Test func `A provider is the one that is named, and speaks over TLS`() throws {
        func discovery(_ changes: [String: JSONValue?] = [:]) throws -> OpenIDDiscovery {
            var document: [String: JSONValue] = [
                "issuer": "https://login.example", "authorization_endpoint": "https://login.example/a",
                "token_endpoint": "https://login.example/t", "jwks_uri": "https://login.example/k",
            ]
            for (name, value) in changes { document[name] = value }
            return try OpenIDDiscovery(.object(document), issuer: "https://login.example")
        }
        #expect(try discovery().token == "https://login.example/t")
        #expect(try !discovery().wantsSecretInBody)
        #expect(try discovery(["token_endpoint_auth_methods_supported": ["client_secret_post"]]).wantsSecretInBody)
        for changes in [
            ["issuer": "https://login.example/"], ["token_endpoint": "http://login.example/t"], ["jwks_uri": nil],
            ["authorization_endpoint": "javascript:alert(1)"], ["userinfo_endpoint": "http://login.example/u"],
        ] as [[String: JSONValue?]] {
            #expect(throws: OpenIDError.self) { try discovery(changes) }
        }
    }

    @Test func `An attempt's values are its own, and tell nothing of its secret`() {
        let (one, other) = (OpenIDRequest.make(), OpenIDRequest.make())
        #expect(one.secret != other.secret && one.isOwn(state: one.state) && !one.isOwn(state: other.state))
        let values = [one.state, one.nonce, one.verifier, one.challenge]
        #expect(Set(values).count == 4 && !values.contains { $0.contains(one.secret) })
        // RFC 7636, 4.1: 43 to 128 characters.
        #expect((43...128).contains(one.verifier.utf8.count))
        #expect(OpenIDRequest(secret: one.secret) == one)
    }
}
