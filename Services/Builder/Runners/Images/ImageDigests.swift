import Crypto
import DockerEngine
import FoundationEssentials

/// What the names of images stand for, as their registries told the logins of jobs: remembered for ten minutes for each
/// image and login, so that nobody gets an image by what another was told.
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
    private var entries: [Key: Entry] = [:]
    private var waiting: [Key: [Answers.Continuation]] = [:]

    /// - Parameters:
    ///   - memory: How long an answer is good.
    ///   - limit: How many are kept, those asked for longest ago first to go.
    init(memory: Duration = .seconds(600), limit: Int = 4096) {
        self.memory = memory
        self.limit = limit
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
        entries[key] = Entry(digest: digest, until: now.advanced(by: memory))
        guard entries.count > limit, let oldest = entries.min(by: { $0.value.until < $1.value.until }) else { return }
        entries[oldest.key] = nil
    }

    private func key(_ image: ImageReference, _ login: RegistryCredentials?) -> Key {
        var hash = SHA256()
        for text in [login?.username, login?.password] { hash.update(data: Data((text ?? "").utf8) + [0]) }
        return Key(image: image.usual, login: login == nil ? Data() : Data(hash.finalize()))
    }
}
