import Synchronization
import Threading

/// Hashes passwords one at a time, on its own thread: each takes 32 MiB and a good part of a second of a core.
///
/// Only so many wait; more are refused, so that whoever sends many passwords neither fills the memory nor has everybody
/// wait.
actor PasswordHasher {
    private nonisolated let thread = PinnedThread(name: "passwords")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Too many wait already.
    struct Full: Error {}

    /// How many may wait and be at work.
    static let places = 32

    private nonisolated let taken = Atomic<Int>(0)
    private let cost: PasswordHash.Cost
    /// Of a password that nobody knows: what an account that does not exist is compared with.
    private var nobody: PasswordHash?

    init(cost: PasswordHash.Cost = .standard) { self.cost = cost }

    /// - Throws: ``Full``.
    nonisolated func hash(_ password: String) async throws -> PasswordHash {
        try await inPlace { try await $0.make(password) }
    }

    /// Whether the password is the one that is kept. Without one it takes as long, and is wrong.
    /// - Parameter kept: asked for once there is a place, so that no more is asked of the database than is checked.
    /// - Returns: `nil` where it is wrong, else what was kept, and whether that should be hashed anew, as with a cost that
    ///   was raised.
    /// - Throws: ``Full``.
    nonisolated func check(
        _ password: String, against kept: @Sendable () async throws -> String?
    ) async throws -> (kept: String, isOutdated: Bool)? {
        try await inPlace { hasher in
            let text = try await kept()
            let isOutdated = try await hasher.compare(password, text.flatMap(PasswordHash.init(kept:)))
            return text.flatMap { text in isOutdated.map { (text, $0) } }
        }
    }

    private nonisolated func inPlace<Value: Sendable>(
        _ body: @Sendable (PasswordHasher) async throws -> Value
    ) async throws -> Value {
        guard taken.add(1, ordering: .relaxed).newValue <= Self.places else {
            taken.subtract(1, ordering: .relaxed)
            throw Full()
        }
        defer { taken.subtract(1, ordering: .relaxed) }
        return try await body(self)
    }

    private func make(_ password: String) throws -> PasswordHash { try PasswordHash.make(password, cost: cost) }

    private func compare(_ password: String, _ hash: PasswordHash?) throws -> Bool? {
        if nobody == nil { nobody = try PasswordHash.make(AccessStore.random(prefix: ""), cost: cost) }
        guard let kept = hash ?? nobody, try kept.matches(password), hash != nil else { return nil }
        return kept.cost != cost
    }
}
