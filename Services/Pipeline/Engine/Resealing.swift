import Contracts
import Secrets

/// Seals anew what is kept.
struct Resealing: Sendable {
    let store: PipelineStore
    let keys: KeyRing
    /// As many are sealed anew in one transaction.
    let batch: Int
    /// Runs one transaction as whoever asks.
    private let write: Write
    /// Writes into the audit log what a transaction does.
    private let audit: @Sendable (Transaction, ResealView) throws -> Void

    typealias Write =
        @Sendable (@escaping @Sendable (Transaction) throws -> ResealView) async throws -> ResealView

    /// - Parameter write: of somebody who asks; the platform's own if `nil`.
    init(
        store: PipelineStore, keys: KeyRing, batch: Int = 50, write: Write? = nil,
        audit: @escaping @Sendable (Transaction, ResealView) throws -> Void
    ) {
        self.store = store
        self.keys = keys
        self.batch = batch
        self.write = write ?? { try await store.write($0) }
        self.audit = audit
    }

    /// Seals all that is kept with the newest key, each bound to its place. It is done in small transactions: whatever ends
    /// it, each value opens by its old key or by its new one, and doing it again goes on where it ended.
    func run() async throws -> ResealView {
        let stale = try await stale()
        var view = ResealView(resealed: 0, failures: [])
        // That nothing was to be done is noted, too, where somebody asks.
        for start in stride(from: 0, to: max(1, stale.count), by: batch) {
            try Task.checkCancellation()
            let done = try await reseal(stale[start..<min(start + batch, stale.count)])
            view.resealed += done.resealed
            view.failures += done.failures
        }
        return view
    }

    /// What is not sealed with the newest key.
    func stale() async throws -> [SealStore.Kept] {
        guard let newest = keys.platformKeys.first else { return [] }
        return try await store.read { try $0.seals.all() }.filter { !$0.sealed.isBound(with: newest) }
    }

    /// One transaction.
    func reseal(_ some: ArraySlice<SealStore.Kept>) async throws -> ResealView {
        try await write { [keys, audit] transaction in
            var done = ResealView(resealed: 0, failures: [])
            for kept in some {
                do {
                    let sealed = try keys.seal(try keys.open(kept.sealed, for: kept.binding), for: kept.binding)
                    if try transaction.seals.replace(kept.sealed, with: sealed, kept.binding.purpose) {
                        done.resealed += 1
                    }
                } catch let error as SecretsError {
                    done.failures.append("\(kept.binding.place): \(error)")
                }
            }
            try audit(transaction, done)
            return done
        }
    }
}

extension SealBinding {
    /// Where it is kept, in words.
    var place: String {
        switch purpose {
        case .step: "the secret “\(name)” of \(repository?.rawValue ?? "all repositories")"
        case .registry: "the login for \(name)"
        case .git, .mirror: "the token of \(repository?.rawValue ?? "")"
        }
    }
}
