import Contracts
import Secrets
import Testing

@Suite struct TokenTests {
    private let key = SigningKey(bytes: Array("a key for tests that is long enough".utf8))

    @Test func hookTokenIsTheRepositorysOwn() {
        let hook = HookToken(key: key)
        // printf 'hook\nshop/web' | openssl dgst -sha256 -hmac 'a key for tests that is long enough'
        #expect(
            hook.token(for: RepositoryPath(rawValue: "shop/web"))
                == "9fe11f1121a355efdd3a7e82a832256aa7b0035e95c60d623455865090cb3c52")
        #expect(
            hook.token(for: RepositoryPath(rawValue: "shop/api"))
                != hook.token(for: RepositoryPath(rawValue: "shop/web")))
    }

    @Test("secrets are equal as bytes, however they are kept", arguments: ["", "a", "größe", "0123456789abcdef0123"])
    func equality(_ secret: String) {
        #expect(constantTimeEquals(secret.utf8, Array(secret.utf8)))
        #expect(constantTimeEquals(Array(secret.utf8).reversed(), Array(secret.utf8.reversed())))
        #expect(!constantTimeEquals(secret.utf8, Array((secret + "x").utf8)))
        #expect(!constantTimeEquals((secret + "x").utf8, Array((secret + "y").utf8)))
    }

    @Test func mirrorTokenEndsAndIsForOneRepository() {
        let mirror = MirrorToken(key: key)
        let now = Timestamp(milliseconds: 1_700_000_000_000)
        let web = RepositoryPath(rawValue: "shop/web")
        let token = mirror.sign(web, until: now.adding(.seconds(60)))
        #expect(mirror.verify(token, for: web, now: now))
        #expect(!mirror.verify(token, for: web, now: now.adding(.seconds(60))))
        #expect(!mirror.verify(token, for: RepositoryPath(rawValue: "shop/api"), now: now))
        let stretched = token.split(separator: ".")
        #expect(!mirror.verify("v1.9999999999.\(stretched[2])", for: web, now: now))
        for hostile in ["", "v1", "v1..", "v1.x.y", "v2.1.AAAA"] {
            #expect(!mirror.verify(hostile, for: web, now: now))
        }
    }
}
