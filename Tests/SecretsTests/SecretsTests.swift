import Contracts
import Secrets
import Testing

private let oldKey = "2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let newKey = "2026:HxobHB0eHxAREhMUFRYXGBkAAQIDBAUGBwgJCgsMDQ4="

@Suite struct KeyRingTests {
    @Test func opensWhatItSealed() throws {
        let ring = try KeyRing(oldKey)
        let sealed = try ring.seal("pässword", for: SecretPurpose.step)
        #expect(sealed.rawValue.hasPrefix("v1.2025."))
        #expect(!sealed.rawValue.contains("pässword"))
        #expect(try ring.open(sealed, for: SecretPurpose.step) == "pässword")
        #expect(try ring.seal("pässword", for: SecretPurpose.step) != sealed)
    }

    @Test func rotationKeepsWhatWasSealedBefore() throws {
        let sealed = try KeyRing(oldKey).seal("secret", for: SecretPurpose.git)
        let rotated = try KeyRing("\(newKey), \(oldKey)")
        #expect(try rotated.open(sealed, for: SecretPurpose.git) == "secret")
        #expect(try rotated.seal("secret", for: SecretPurpose.git).rawValue.hasPrefix("v1.2026."))
    }

    @Test func refusesAnotherPurposeAnotherKeyAndAChange() throws {
        let ring = try KeyRing(oldKey)
        let sealed = try ring.seal("secret", for: SecretPurpose.git)
        #expect(throws: SecretsError.self) { try ring.open(sealed, for: SecretPurpose.step) }
        let missing = #expect(throws: SecretsError.self) { try KeyRing(newKey).open(sealed, for: SecretPurpose.git) }
        #expect(missing?.code == .unknownKey)
        #expect(missing?.message.contains("2025") == true)
        let changed = SealedSecret(rawValue: String(sealed.rawValue.dropLast(2)) + "AA")
        #expect(throws: SecretsError.self) { try ring.open(changed, for: SecretPurpose.git) }
        #expect(throws: SecretsError.self) { try ring.open(SealedSecret(rawValue: "secret"), for: SecretPurpose.git) }
    }

    @Test(arguments: ["", "justbase64", "a:short", "a:AAAA", "\(oldKey),\(oldKey)"])
    func refusesWhatIsNoKey(text: String) {
        let error = #expect(throws: SecretsError.self) { try KeyRing(text) }
        #expect(error?.code == .malformedKey)
    }
}

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
