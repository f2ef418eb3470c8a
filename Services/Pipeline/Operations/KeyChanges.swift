import Contracts
import Secrets

/// With which keys the platform is started: their files change beside it, so this is where one is known to be new or
/// retired.
struct KeyChanges: Sendable {
    let store: PipelineStore
    let keys: KeyRing

    func note() async throws {
        let own = keys.platformKeys + keys.sharedKeys
        try await store.write { transaction in
            let known = try transaction.seals.keys(of: SealStore.platform)?.flatMap(\.self) ?? []
            guard known != own else { return }
            try transaction.seals.save(own, of: SealStore.platform)
            for id in own where !known.contains(id) { try transaction.audit(.addKey, of: id) }
            for id in known where !own.contains(id) { try transaction.audit(.retireKey, of: id) }
        }
    }
}
