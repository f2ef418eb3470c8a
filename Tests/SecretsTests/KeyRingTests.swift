import Contracts
import Secrets
import Testing

private let old = "2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
private let new = "2026:HxobHB0eHxAREhMUFRYXGBkAAQIDBAUGBwgJCgsMDQ4="
private let web = RepositoryPath(rawValue: "shop/web")

@Suite struct KeyRingTests {
    private let platform: KeyRing
    private let builder: KeyRing

    init() throws {
        platform = try KeyRing(new)
        builder = try KeyRing(platform.text(for: [.builder(pool: "default")]))
    }

    private func grant(
        _ repository: String = "shop/web", run: String = "r1", job: String = "j1",
        for audience: SealAudience = .builder(pool: "default")
    ) -> SealBinding.Grant {
        SealBinding.Grant(
            job: JobID(rawValue: job), run: RunID(rawValue: run), repository: RepositoryPath(rawValue: repository),
            for: audience)
    }

    private func problem(_ body: () throws -> String) -> SecretsError? {
        #expect(throws: SecretsError.self) { _ = try body() }
    }

    @Test func whatThePlatformSealsTheServiceOpens() throws {
        let sealed = try platform.seal("pässword", for: grant().secret("token"))
        #expect(sealed.rawValue.hasPrefix("v2.2026."))
        #expect(sealed.key == "2026" && sealed.isBound(with: "2026"))
        #expect(!sealed.rawValue.contains("pässword"))
        #expect(try builder.open(sealed, for: grant().secret("token")) == "pässword")
        #expect(try platform.seal("pässword", for: grant().secret("token")) != sealed)
    }

    @Test func `A builder's key opens nothing that is for sync, a deployer, the platform or another pool`() throws {
        let others: [SealBinding] = [
            .token(of: web, cloneURL: "https://git.example/shop/web.git"), .kept(secret: "token", of: "shop/web"),
            .kept(registry: "harbor.example"), grant(for: .deployer(cluster: "default")).secret("token"),
            grant(for: .builder(pool: "gpu")).secret("token"),
        ]
        for binding in others {
            let sealed = try platform.seal("hush", for: binding)
            #expect(try platform.open(sealed, for: binding) == "hush")
            #expect(problem { try builder.open(sealed, for: binding) }?.code == .unknownKey)
            // Nor as its own, whatever it is said to be bound to.
            let parts = sealed.rawValue.split(separator: ".")
            let own = try platform.seal("x", for: grant().secret("token")).rawValue.split(separator: ".")
            let moved = SealedSecret(rawValue: "v2.2026.\(own[2]).\(parts[3])")
            #expect(problem { try builder.open(moved, for: grant().secret("token")) }?.code == .notAuthentic)
        }
        // What it is given holds nothing of the platform's.
        #expect(builder.platformKeys.isEmpty && builder.keys(of: .sync).isEmpty)
        #expect(builder.keys(of: .builder(pool: "default")) == ["2026"])
    }

    @Test func `What is sealed opens in no other repository, run or job, under no other name and as nothing else`()
        throws
    {
        let sealed = try platform.seal("hush", for: grant().secret("token"))
        let places: [(SealBinding, String)] = [
            (
                grant("evil/app").secret("token"),
                "of the repository “shop/web”, and is used of the repository “evil/app”"
            ),
            (grant().secret("other"), "named “token”, and is used named “other”"),
            (grant(run: "r2").secret("token"), "in the run “r1”, and is used in the run “r2”"),
            (grant(job: "j2").secret("token"), "in the job “j1”, and is used in the job “j2”"),
            (grant().registry("token"), "as “step”, and is used as “registry”"),
            (grant(for: .deployer(cluster: "default")).secret("token"), "for “builder-default”"),
        ]
        for (place, reason) in places {
            let error = problem { try builder.open(sealed, for: place) }
            #expect(error?.code == .otherBinding)
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
            // Nor where it is said to be bound to that place.
            let parts = sealed.rawValue.split(separator: ".")
            let other = try platform.seal("x", for: place).rawValue.split(separator: ".")
            let forged = SealedSecret(rawValue: "v2.2026.\(other[2]).\(parts[3])")
            #expect(throws: SecretsError.self) { try builder.open(forged, for: place) }
            #expect(problem { try platform.open(forged, for: place) }?.code == .notAuthentic)
        }
    }

    @Test func rotationKeepsWhatWasSealedBefore() throws {
        let binding = SealBinding.kept(secret: "token", of: "")
        let sealed = try KeyRing(old).seal("secret", for: binding)
        let rotated = try KeyRing("\(new), \(old)")
        #expect(try rotated.open(sealed, for: binding) == "secret")
        #expect(try rotated.seal("secret", for: binding).key == "2026")
        // A service that has the old key alone is sent what it can open.
        #expect(try rotated.seal("secret", for: grant().secret("a"), with: ["2025"]).key == "2025")
        let none = problem { try rotated.seal("secret", for: grant().secret("a"), with: ["2024"]).rawValue }
        #expect(none?.message.contains("it has “2024”, and this service “2026”, “2025”") == true)
    }

    @Test func `A retired key opens nothing, and the error names it`() throws {
        let binding = SealBinding.kept(secret: "token", of: "shop/web")
        let sealed = try KeyRing(old).seal("secret", for: binding)
        let rotated = try KeyRing("\(new), \(old)")
        let error = problem { try rotated.removing("2025").open(sealed, for: binding) }
        #expect(error?.code == .unknownKey)
        #expect(error?.message.contains("with key “2025”, and this service has “2026”") == true)
    }

    @Test func whatAnEarlierVersionSealedOpensWithTheKeyThatAllHad() throws {
        let former = try KeyRing(old).sealUnbound("secret", as: .git)
        #expect(former.rawValue.hasPrefix("v1.2025."))
        let taken = try KeyRing("\(new),2025@shared:\(old.dropFirst(5))")
        let binding = SealBinding.kept(tokenOf: web, cloneURL: "u")
        #expect(try taken.open(former, for: binding) == "secret")
        #expect(taken.platformKeys == ["2026"] && taken.sharedKeys == ["2025"])
        // It seals nothing anew, but for services that have nothing else.
        #expect(try taken.seal("secret", for: binding).key == "2026")
        #expect(try taken.sealUnbound("secret", as: .git).key == "2025")
        #expect(problem { try taken.open(former, for: .kept(registry: "r")) }?.code == .notAuthentic)
        // A service with keys of its own opens nothing that is bound to no place.
        let unbound = try taken.sealUnbound("secret", as: .step)
        let own = try KeyRing(taken.text(for: [.builder(pool: "default")]))
        #expect(problem { try own.open(unbound, for: grant().secret("token")) }?.code == .unknownKey)
        #expect(own.sharedKeys.isEmpty && own.keys(of: .builder(pool: "default")) == ["2026"])
    }

    @Test func aServiceWithThePlatformsKeysOpensWhatIsSealedForIt() throws {
        let sealed = try platform.seal("secret", for: grant().secret("token"))
        #expect(try KeyRing(new).open(sealed, for: grant().secret("token")) == "secret")
    }

    @Test(arguments: [
        "secret", "", "v2.2026.x", "v2.2026.!.AAAA", "v2.2026.e30.AAAA", "v3.2026.e30.AAAA", "v1.2026.A.A",
    ])
    func refusesWhatIsNotSealed(text: String) {
        let error = problem { try platform.open(SealedSecret(rawValue: text), for: .kept(registry: "r")) }
        #expect(error?.code == .malformedSecret)
    }

    @Test func refusesAChange() throws {
        let sealed = try platform.seal("secret", for: .kept(registry: "r"))
        let changed = SealedSecret(rawValue: String(sealed.rawValue.dropLast(2)) + "AA")
        #expect(problem { try platform.open(changed, for: .kept(registry: "r")) }?.code == .notAuthentic)
    }

    @Test(arguments: [
        "", "justbase64", "a:short", "a:AAAA", "\(old),\(old)", "@sync:\(old.dropFirst(5))", "a@:\(old.dropFirst(5))",
    ])
    func refusesWhatIsNoKey(text: String) {
        let error = #expect(throws: SecretsError.self) { try KeyRing(text) }
        #expect(error?.code == .malformedKey)
    }
}
