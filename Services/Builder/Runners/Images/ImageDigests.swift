import Crypto
import DockerEngine
import FoundationEssentials
import Logging
import SystemPackage

/// What the names of images stand for, as their registries told the logins of jobs: remembered for ten minutes for each
/// image and login, so that nobody gets an image by what another was told. What they told last outlives the builder.
actor ImageDigests {
    private struct Key: Hashable {
        let image: ImageReference
        let login: Data
    }

    private struct Entry {
        var digest: String
        var until: ContinuousClock.Instant
    }

    typealias Answers = AsyncThrowingStream<String, any Error>

    private let memory: Duration
    private let limit: Int
    private let file: ImageDigestsFile?
    private let salt: Data
    private var entries: [Key: Entry] = [:]
    private var waiting: [Key: [Answers.Continuation]] = [:]

    /// - Parameters:
    ///   - memory: How long an answer is good.
    ///   - limit: How many are kept, those asked for longest ago first to go.
    ///   - file: What was told last is kept there; nowhere where it is `nil`.
    init(
        memory: Duration = .seconds(600), limit: Int = 4096, file: FilePath? = nil,
        logger: Logger = Logger(label: "builder")
    ) {
        self.memory = memory
        self.limit = limit
        self.file = file.map { ImageDigestsFile(path: $0, logger: logger) }
        let kept = self.file?.read()
        salt = kept?.salt ?? SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let now = ContinuousClock.now
        for (age, entry) in (kept?.entries ?? []).suffix(limit).reversed().enumerated() {
            do throws(DockerError) {
                let image = try ImageReference(entry.image).usual
                _ = try ImageReference("image@\(entry.digest)")
                // None is good without being asked for anew; those told first are the first to go.
                let until = now.advanced(by: .nanoseconds(-age))
                entries[Key(image: image, login: entry.login)] = Entry(digest: entry.digest, until: until)
            } catch {
                self.file?.warn(of: entry, error)
            }
        }
    }

    /// The digest of an image. Who asks while the registry is being asked gets the same answer.
    /// - Parameters:
    ///   - isFresh: Whether what is remembered does not do.
    ///   - ask: asks the registry, as this login.
    /// - Throws: what `ask` throws; `CancellationError`.
    func digest(
        of image: ImageReference, login: RegistryCredentials?, isFresh: Bool = false,
        at now: ContinuousClock.Instant = .now, ask: @escaping @Sendable () async throws -> String
    ) async throws -> String {
        let key = key(image, login)
        if !isFresh, let entry = entries[key], now < entry.until { return entry.digest }
        let (answers, answer) = Answers.makeStream()
        let isFirst = waiting[key] == nil
        waiting[key, default: []].append(answer)
        if isFirst {
            // A task of its own: others wait for it too when the one that began it is cancelled.
            Task {
                do {
                    answered(key, .success(try await ask()), at: now)
                } catch {
                    answered(key, .failure(error), at: now)
                }
            }
        }
        for try await digest in answers { return digest }
        throw CancellationError()
    }

    /// What this login was told last, however long ago.
    func last(of image: ImageReference, login: RegistryCredentials?) -> String? {
        entries[key(image, login)]?.digest
    }

    /// A registry told this login a digest by another way.
    func note(
        _ digest: String, of image: ImageReference, login: RegistryCredentials?, at now: ContinuousClock.Instant = .now
    ) {
        keep(digest, key(image, login), at: now)
    }

    /// The image was pushed: what is remembered of it is asked for anew, and serves where the registry is away.
    func moved(_ image: ImageReference, at now: ContinuousClock.Instant = .now) {
        for key in entries.keys where key.image == image.usual { entries[key]?.until = now }
    }

    private func answered(_ key: Key, _ result: Result<String, any Error>, at now: ContinuousClock.Instant) {
        if case .success(let digest) = result { keep(digest, key, at: now) }
        for waiter in waiting.removeValue(forKey: key) ?? [] {
            waiter.yield(with: result)
            waiter.finish()
        }
    }

    private func keep(_ digest: String, _ key: Key, at now: ContinuousClock.Instant) {
        let isNews = entries[key]?.digest != digest
        entries[key] = Entry(digest: digest, until: now.advanced(by: memory))
        if entries.count > limit, let oldest = entries.min(by: { $0.value.until < $1.value.until }) {
            entries[oldest.key] = nil
        }
        guard isNews, let file else { return }
        let kept = entries.sorted { $0.value.until < $1.value.until }.map { key, entry in
            ImageDigestsFile.Entry(image: "\(key.image)", digest: entry.digest, login: key.login)
        }
        file.write(.init(salt: salt, entries: kept))
    }

    private func key(_ image: ImageReference, _ login: RegistryCredentials?) -> Key {
        var hash = HMAC<SHA256>(key: SymmetricKey(data: salt))
        for text in [login?.username, login?.password] { hash.update(data: Data((text ?? "").utf8) + [0]) }
        return Key(image: image.usual, login: login == nil ? Data() : Data(hash.finalize()))
    }
}
