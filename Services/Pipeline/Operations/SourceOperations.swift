import Contracts

/// What `sync` says of the source of a push, or of a run that was asked for, each message in one transaction. One that
/// comes twice has the effect of once, by its id.
struct SourceOperations: Sendable {
    let engine: RunEngine

    /// The commit is in the mirror: chooses the process, plans it and starts the run.
    func synced(_ message: SourceSynced, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        guard let situation = try await engine.store.read({ try engine.situation(of: message, in: $0) }) else { return }
        let decision = try ProcessDecision(on: message, situation)
        _ = try await engine.store.write(once: id) { try engine.begin(message, decision, in: $0) }
    }

    /// The commit is not here yet: the run is there from now on, and says why it waits.
    func delayed(_ message: SyncDelayed, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id) { try engine.syncDelayed(message, in: $0) }
    }

    /// Where a repository's branches and tags are: makes up the pushes that no hook told of.
    func listed(_ message: HeadsListed, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id) { try engine.headsListed(message, in: $0) }
    }

    /// The commit could not be fetched: the run ends with the reason.
    func failed(_ message: SyncFailed, id: MessageID, as principal: Principal) async throws {
        try principal.require(.serveStages)
        _ = try await engine.store.write(once: id) { try engine.syncFailed(message, in: $0) }
    }
}
