import Contracts

/// Finds the runs that are not kept any more, a page at a time: those of each repository, then those that make the logs of all
/// too long.
struct RetentionSearch: Sendable {
    let store: PipelineStore
    let retention: Retention

    /// How many runs are looked at in one read.
    private static let page = 200

    struct Leaving: Sendable, Equatable {
        var run: RetentionScan.Candidate
        var reason: RetentionScan.Reason
    }

    /// What age is judged by: no moment that has not surely come.
    func moment(_ now: Timestamp = .now) async throws -> Timestamp {
        try await store.read { try $0.clock.reached(now: now) }
    }

    /// Looks at all runs that may go.
    /// - Parameters:
    ///   - isRemoving: whether those that are found are gone once `found` has returned.
    ///   - found: given those of a page that go, the oldest first.
    func each(now: Timestamp, isRemoving: Bool, _ found: ([Leaving]) async throws -> Void) async throws {
        var leaving: Set<RunID> = []
        var left: Int64 = 0
        let rules = try await store.read { try $0.retention.rules() }
        for path in try await store.read({ try $0.retention.repositories() }) {
            let limits = retention.limits(rules[path])
            let (runs, logBytes) = try await store.read { tables in
                let logBytes = limits.logBytes > 0 ? try tables.retention.logBytes(of: path) : 0
                return (try tables.retention.count(of: path), logBytes)
            }
            let scan = RetentionScan(limits: limits, retention: retention, runs: runs, logBytes: logBytes, now: now)
            try await look(scan, of: path, passing: []) { runs in
                if !isRemoving {
                    leaving.formUnion(runs.map(\.run.id))
                    left += runs.reduce(0) { $0 + $1.run.logBytes }
                }
                try await found(runs)
            }
        }
        let logBytes = try await store.read { try $0.retention.logBytes() } - left
        let scan = RetentionScan(limits: retention.whole, retention: retention, runs: 0, logBytes: logBytes, now: now)
        try await look(scan, of: nil, passing: leaving, found)
    }

    private func look(
        _ scan: RetentionScan, of path: RepositoryPath?, passing: Set<RunID>,
        _ found: ([Leaving]) async throws -> Void
    ) async throws {
        guard scan.isNeeded else { return }
        var scan = scan
        var serial: Int64 = 0
        while true {
            let page = try await store.read { [serial, now = scan.now] in
                try $0.retention.page(of: path, after: serial, limit: Self.page, now: now)
            }
            var leaving: [Leaving] = []
            var isOver = page.count < Self.page
            for run in page where !passing.contains(run.id) {
                let verdict = scan.look(at: run)
                if case .goes(let reason) = verdict { leaving.append(Leaving(run: run, reason: reason)) }
                if verdict == .stop {
                    isOver = true
                    break
                }
            }
            if !leaving.isEmpty { try await found(leaving) }
            guard !isOver, let last = page.last else { return }
            serial = last.serial
        }
    }
}
