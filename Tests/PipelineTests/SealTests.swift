import Contracts
import FoundationEssentials
import Messaging
import Secrets
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// What is sealed opens in one place only, with the keys of whom it is for.
@Suite struct SealTests {
    private static let first = "2025:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    private static let second = "2026:HxobHB0eHxAREhMUFRYXGBkAAQIDBAUGBwgJCgsMDQ4="
    private static let secret = """
        steps:
          - name: push
            image: alpine
            environment: {TOKEN: {from_secret: token}}
            commands: ["true"]
        """

    private func granted(_ reply: JobClaimReply) throws -> JobGrant {
        guard case .granted(let grant) = reply else { throw StoreError(.corrupt, "not granted: \(reply)") }
        return grant
    }

    /// The keys of the builders of a pool.
    private func keys(_ platform: PlatformFixture, pool: String = "default") throws -> KeyRing {
        try KeyRing(platform.keys.text(for: [.builder(pool: pool)]))
    }

    private func open(_ name: String, of grant: JobGrant, with keys: KeyRing) throws -> String {
        let sealed = try #require(grant.secrets[name])
        return try keys.open(sealed, for: SealBinding.Grant(grant, for: .builder(pool: "default")).secret(name))
    }

    private func save(_ value: String, of repository: RepositoryPath, in platform: PlatformFixture) async throws {
        _ = try await platform.operations.secrets.save(
            SecretRequest(value: value), as: "token", of: .repository(repository), by: platform.principal)
    }

    // MARK: - What travels

    @Test func `A secret of one repository that is put into another's job does not open`() async throws {
        try await PlatformFixture.with { platform in
            let names = ["a/a", "b/b"].map(RepositoryPath.init(rawValue:))
            for name in names {
                try await platform.register(name)
                try await save("of \(name)", of: name, in: platform)
                try await platform.push(
                    Self.secret, trigger: name.rawValue, message: name.rawValue, repository: name)
            }
            let one = try granted(try await platform.ask())
            var other = try granted(try await platform.ask())
            let keys = try keys(platform)
            #expect(try open("token", of: one, with: keys) == "of a/a")
            #expect(try open("token", of: other, with: keys) == "of b/b")
            other.secrets["token"] = one.secrets["token"]
            let error = #expect(throws: SecretsError.self) { try open("token", of: other, with: keys) }
            #expect(error?.code == .otherBinding)
            #expect(error?.message.contains("of the repository “a/a”, and is used of the repository “b/b”") == true)
        }
    }

    @Test func `A secret of another run, and under another name, does not open`() async throws {
        try await PlatformFixture.with { platform in
            try await save("hush", of: PlatformFixture.path, in: platform)
            for push in ["p1", "p2"] {
                try await platform.push(Self.secret, trigger: push, message: push)
            }
            let one = try granted(try await platform.ask())
            var other = try granted(try await platform.ask())
            #expect(one.run != other.run)
            let keys = try keys(platform)
            other.secrets = [
                "token": try #require(one.secrets["token"]), "shown": try #require(other.secrets["token"]),
            ]
            let run = #expect(throws: SecretsError.self) { try open("token", of: other, with: keys) }
            #expect(run?.message.contains("in the run “\(one.run)”, and is used in the run “\(other.run)”") == true)
            let name = #expect(throws: SecretsError.self) { try open("shown", of: other, with: keys) }
            #expect(name?.message.contains("named “token”, and is used named “shown”") == true)
        }
    }

    @Test func `A job's secrets, logins and source open with the keys of its pool alone`() async throws {
        try await PlatformFixture.with { platform in
            try await save("hush", of: PlatformFixture.path, in: platform)
            _ = try await platform.operations.secrets.save(
                RegistryRequest(username: "u", password: "pw"), for: "harbor.example", as: platform.principal)
            try await platform.push(Self.secret.replacing("image: alpine", with: "image: harbor.example/alpine"))
            let grant = try granted(try await platform.ask())
            let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
            let source = try #require(grant.source)
            let login = try #require(grant.logins?["harbor.example"]?.sealed)
            let builder = try keys(platform)
            #expect(try open("token", of: grant, with: builder) == "hush")
            #expect(try builder.open(login, for: binding.registry("harbor.example")).contains("pw"))
            #expect(try builder.open(source.token, for: binding.mirror(source.url)).hasPrefix("v1."))
            // Nor where it is said to be another server's.
            #expect(throws: SecretsError.self) { try builder.open(source.token, for: binding.mirror("https://evil")) }
            #expect(throws: SecretsError.self) { try builder.open(login, for: binding.registry("evil.example")) }
            for audience in [SealAudience.builder(pool: "gpu"), .deployer(cluster: "default"), .sync] {
                let other = try KeyRing(platform.keys.text(for: [audience]))
                #expect(throws: SecretsError.self) { try open("token", of: grant, with: other) }
                #expect(throws: SecretsError.self) { try other.open(login, for: binding.registry("harbor.example")) }
            }
            // What is kept is the platform's, and no builder's.
            for kept in try await platform.store.read({ try $0.seals.all() }) {
                #expect(try !platform.keys.open(kept.sealed, for: kept.binding).isEmpty)
                #expect(throws: SecretsError.self) { try builder.open(kept.sealed, for: kept.binding) }
            }
        }
    }

    @Test func `Git's token opens at sync alone, for the address it was given for`() async throws {
        try await PlatformFixture.with { platform in
            let (path, url) = (PlatformFixture.path, "https://git.example/shop/web.git")
            _ = try await platform.operations.repositories.save(
                RepositoryRequest(cloneURL: url, token: "hush"), as: path, by: platform.principal)
            let sync = try KeyRing(platform.keys.text(for: [.sync]))
            let reply = try await RepositoryLookupHandler(repositories: platform.operations.repositories).answer(
                RepositoryLookup(repository: path, keys: sync.keys(of: .sync)), .init(id: .make()))
            guard case .found(let access) = reply, let token = access.token else {
                throw StoreError(.corrupt, "\(reply)")
            }
            #expect(try sync.open(token, for: .token(of: path, cloneURL: url)) == "hush")
            let elsewhere = SealBinding.token(of: path, cloneURL: "https://evil.example/shop/web.git")
            #expect(throws: SecretsError.self) { try sync.open(token, for: elsewhere) }
            let builder = try keys(platform)
            #expect(throws: SecretsError.self) { try builder.open(token, for: .token(of: path, cloneURL: url)) }
        }
    }

    @Test func `A worker is sent what its keys open, and without one of the platform's it is given no job`()
        async throws
    {
        let ring = try KeyRing("\(Self.second),\(Self.first)")
        try await PlatformFixture.with(keys: ring) { platform in
            try await save("hush", of: PlatformFixture.path, in: platform)
            try await platform.push(Self.secret)
            guard case .refused(let refusal) = try await platform.ask(keys: ["2024"]) else {
                throw StoreError(.corrupt, "it was granted")
            }
            #expect(refusal.code == .noKey)
            #expect(refusal.reason.hasPrefix("it has none of the platform's keys (2026, 2025), but 2024"))
            #expect(refusal.reason.contains("seal-keys-builder-default"))
            let grant = try granted(try await platform.ask(keys: ["2025"]))
            #expect(grant.secrets["token"]?.key == "2025" && grant.source?.token.key == "2025")
            let old = try KeyRing(KeyRing(Self.first).text(for: [.builder(pool: "default")]))
            #expect(try open("token", of: grant, with: old) == "hush")
        }
    }

    // MARK: - An installation of before

    /// What the version before kept.
    private func keepAsBefore(_ platform: PlatformFixture, with keys: KeyRing) async throws {
        let git = try keys.sealUnbound("of git", as: .git)
        let step = try keys.sealUnbound("of all", as: .step)
        let login = try keys.sealUnbound(#"{"password":"pw","username":"u"}"#, as: .registry)
        try await store(platform) { transaction in
            var repository = try #require(try transaction.repositories.find(PlatformFixture.path))
            repository.token = git
            try transaction.repositories.save(repository)
            try transaction.database.execute(
                "INSERT INTO secrets (repository, name, sealed, updatedAt) VALUES ('', 'token', ?, ?)",
                [step, transaction.now])
            try transaction.database.execute(
                "INSERT INTO registries (host, sealed, username, updatedAt) VALUES ('harbor.example', ?, 'u', ?)",
                [login, transaction.now])
        }
    }

    /// A secret of all repositories.
    private static func kept(_ name: String, _ sealed: SealedSecret, _ now: Timestamp) -> Secret {
        Secret(name: name, owner: .all, rules: SecretRules(), sealed: sealed, updatedAt: now)
    }

    private func store(
        _ platform: PlatformFixture, _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        try await platform.store.write(body)
    }

    @Test func `What the version before kept opens, is sealed anew, and its workers have a day`() async throws {
        let former = try KeyRing(Self.first)
        let taken = try KeyRing("\(Self.second),2025@shared:\(Self.first.dropFirst(5))")
        try await PlatformFixture.with(keys: taken, unboundUntil: .now.adding(.seconds(3600))) { platform in
            try await keepAsBefore(platform, with: former)
            try await platform.push(Self.secret, trigger: "p1", message: "p1")
            try await platform.push(Self.secret, trigger: "p2", message: "p2")
            let own = try granted(try await platform.ask(keys: ["2026"]))
            #expect(try open("token", of: own, with: try keys(platform)) == "of all")
            // One of before has the one key, and knows of no place.
            let before = try granted(try await platform.ask(worker: "old", keys: .some(nil)))
            let sealed = try #require(before.secrets["token"])
            #expect(sealed.rawValue.hasPrefix("v1.2025."))
            #expect(try former.open(sealed, for: .kept(secret: "any", of: "place")) == "of all")

            let done = try await platform.operations.keys.reseal(as: platform.principal)
            #expect(done == ResealView(resealed: 3, failures: []))
            let kept = try await platform.store.read { try $0.seals.all() }
            #expect(kept.count == 3)
            for value in kept {
                #expect(value.sealed.isBound(with: "2026"))
                #expect(try !taken.removing("2025").open(value.sealed, for: value.binding).isEmpty)
            }
            #expect(try await platform.operations.keys.reseal(as: platform.principal).resealed == 0)
        }
        // After the day it is given no job.
        try await PlatformFixture.with(keys: taken, unboundUntil: .now.adding(.seconds(-1))) { platform in
            try await keepAsBefore(platform, with: former)
            try await platform.push(Self.secret)
            guard case .refused(let refusal) = try await platform.ask(worker: "old", keys: .some(nil)) else {
                throw StoreError(.corrupt, "it was granted")
            }
            // The job waits, and its run says why.
            #expect(refusal.code == .nothing)
            #expect(refusal.reason.hasPrefix("it is of an earlier version"))
            try await platform.announce("old", keys: .some(nil))
            let worker = try #require(try await platform.operations.workers.list(as: platform.principal).first)
            #expect(worker.problem?.hasSuffix("replace it") == true)
            await #expect(throws: Problem.self) {
                try await platform.operations.repositories.access(
                    to: PlatformFixture.path, keys: nil, as: .otherStage)
            }
            #expect(try open("token", of: granted(try await platform.ask()), with: try keys(platform)) == "of all")
        }
    }

    @Test func `A shared ring of before goes on in all services`() async throws {
        try await PlatformFixture.with(keys: try KeyRing(Self.first)) { platform in
            try await keepAsBefore(platform, with: platform.keys)
            #expect(try await platform.operations.keys.reseal(as: platform.principal).resealed == 3)
            try await platform.push(Self.secret)
            let grant = try granted(try await platform.ask(keys: ["2025"]))
            #expect(try open("token", of: grant, with: try KeyRing(Self.first)) == "of all")
        }
    }

    // MARK: - Rotation

    @Test func `Sealing anew that is killed midway loses nothing and goes on`() async throws {
        try await PlatformFixture.with(keys: try KeyRing(Self.first)) { platform in
            for number in 1...5 {
                _ = try await platform.operations.secrets.save(
                    SecretRequest(value: "value \(number)"), as: "s\(number)", of: .all, by: platform.principal)
            }
            let rotated = try KeyRing("\(Self.second),\(Self.first)")
            let before = Resealing(store: platform.store, keys: rotated, batch: 2) { _, _ in }
            let stale = try await before.stale()
            #expect(stale.count == 5)
            _ = try await before.reseal(stale[..<2])
            // A person changes one of the others meanwhile: what was read of it before does not come back.
            let changed = Resealing(store: platform.store, keys: rotated) { _, _ in }
            try await store(platform) { transaction in
                let sealed = try rotated.seal("changed", for: .kept(secret: "s4", of: ""))
                try transaction.secrets.save(Self.kept("s4", sealed, transaction.now))
            }
            #expect(try await changed.reseal(stale[3..<4]).resealed == 0)

            try await platform.store.store.close()
            let again = PipelineStore(store: try await platform.database.open(Schema.migrations))
            func values() async throws -> [String] {
                try await again.read { try $0.seals.all() }.map { try rotated.open($0.sealed, for: $0.binding) }
            }
            let expected = ["value 1", "value 2", "value 3", "changed", "value 5"]
            #expect(try await values() == expected)
            let rest = Resealing(store: again, keys: rotated, batch: 1) { transaction, done in
                try transaction.audit(.reseal, of: "what is left", after: JSONValue(encoding: done))
            }
            #expect(try await rest.run() == ResealView(resealed: 2, failures: []))
            #expect(try await values() == expected)
            #expect(try await rest.stale().isEmpty)
            // Each transaction says what it did.
            let entries = try await again.read {
                try $0.audits.page(AuditQuery(operation: "key.reseal"), limit: 9).items
            }
            #expect(entries.map { $0.after?["resealed"] } == [1, 1])
            try await again.store.close()
        }
    }

    @Test func `A key is retired only once nothing stored and nobody there needs it`() async throws {
        let ring = try KeyRing("\(Self.second),\(Self.first)")
        try await PlatformFixture.with(keys: ring) { platform in
            let (keys, principal) = (platform.operations.keys, platform.principal)
            func refusal(_ id: String) async -> String? {
                do {
                    try await keys.check(retirementOf: id, as: principal)
                    return nil
                } catch {
                    return (error as? OperationError)?.problem.message ?? "\(error)"
                }
            }
            try await store(platform) { transaction in
                let sealed = try KeyRing(Self.first).seal("hush", for: .kept(secret: "token", of: ""))
                try transaction.secrets.save(Self.kept("token", sealed, transaction.now))
                let lost = SealedSecret(rawValue: "v2.2020.e30.AAAA")
                try transaction.secrets.save(Self.kept("lost", lost, transaction.now))
            }
            try await platform.announce("w1", keys: ["2025"])
            try await platform.announce("w2", keys: ["2026", "2025"])
            _ = try await platform.operations.repositories.access(
                to: PlatformFixture.path, keys: ["2025"], as: .otherStage)
            #expect(
                try await keys.all(as: principal) == [
                    KeyView(id: "2026", state: .seals, stored: 0, holders: ["w2"]),
                    KeyView(id: "2025", state: .opens, stored: 1, holders: ["w1", "sync"]),
                    KeyView(id: "2020", state: .missing, stored: 1, holders: []),
                ])
            #expect(
                await refusal("2025")
                    == "the key “2025” cannot be retired: 1 stored value is sealed with it; w1, sync have no newer one")
            #expect(await refusal("2026")?.contains("the platform seals with it") == true)
            #expect(await refusal("1999") == "the platform has no key “1999”")

            let done = try await keys.reseal(as: principal)
            #expect(done.resealed == 1)
            #expect(done.failures.count == 1 && done.failures[0].hasPrefix("the secret “lost” of all repositories: "))
            #expect(await refusal("2025") == "the key “2025” cannot be retired: w1, sync have no newer one")
            try await platform.announce("w1", life: "2", keys: ["2026", "2025"])
            _ = try await platform.operations.repositories.access(
                to: RepositoryPath(rawValue: ""), keys: ["2026"], as: .otherStage)
            #expect(await refusal("2025") == nil)
        }
    }
}
