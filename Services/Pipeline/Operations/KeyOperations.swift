import Contracts
import Secrets
import Storage

/// The keys that secrets are sealed with: what needs them, and sealing with the newest one what is kept.
struct KeyOperations: Sendable {
    let store: PipelineStore
    let keys: KeyRing

    /// All keys, the one that seals first, with what still needs each; then those that something needs and that are not there.
    func all(as principal: Principal) async throws -> [KeyView] {
        try principal.require(.seeKeys)
        return try await store.read { [keys] tables in
            let stored = Dictionary(grouping: try tables.seals.all()) { $0.sealed.key ?? "" }.mapValues(\.count)
            var holders: [String: [String]] = [:]
            let workers = try tables.workers.heard(at: .now).map { (name: $0.name, keys: $0.keys) }
            for holder in try workers + tables.seals.services() {
                for key in keys.needed(by: holder.keys) { holders[key, default: []].append(holder.name) }
            }
            let own = keys.platformKeys
            let known = own + keys.sharedKeys
            let views = known.enumerated().map { index, id in
                KeyView(
                    id: id, state: index >= own.count ? .shared : index == 0 ? .seals : .opens,
                    stored: stored[id] ?? 0, holders: holders[id] ?? [])
            }
            let missing = stored.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
            return views + missing.map { KeyView(id: $0.key, state: .missing, stored: $0.value, holders: []) }
        }
    }

    /// - Throws: ``OperationError`` where something needs the key.
    func check(retirementOf id: String, as principal: Principal) async throws {
        guard let key = try await all(as: principal).first(where: { $0.id == id }) else {
            throw OperationError(
                .notFound, "unknown_key", "the platform has no key “\(id)”", remedy: "see slipway keys list")
        }
        guard let need = key.need else { return }
        throw OperationError(
            .conflict, "key_needed", "the key “\(id)” cannot be retired: \(need)",
            remedy:
                "seal what is stored with the newest key (slipway keys reseal), and restart the services that have no "
                + "newer key with their new files")
    }

    /// Seals all that is kept with the newest key.
    func reseal(as principal: Principal) async throws -> ResealView {
        try principal.require(.reseal)
        let write: Resealing.Write = { [store] in try await store.write(as: principal, $0) }
        let resealing = Resealing(store: store, keys: keys, write: write) { transaction, done in
            try transaction.audit(.reseal, by: principal, of: "all that is kept", after: .audited(done))
        }
        return try await resealing.run()
    }
}

extension KeyRing {
    /// The keys that a holder cannot do without: the newest that it has, or where it is of an earlier version, the one that
    /// is sealed with for those.
    fileprivate func needed(by holder: [String]?) -> [String] {
        let known = keys(of: .platform)
        guard let holder else { return [sharedKeys.first ?? known.first].compactMap(\.self) }
        return known.first(where: holder.contains).map { [$0] } ?? []
    }
}
