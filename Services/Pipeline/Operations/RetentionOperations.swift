import Contracts
import Storage

/// How long runs are kept, and what goes.
struct RetentionOperations: Sendable {
    let store: PipelineStore
    let retention: Retention

    /// What is not kept any more, and goes within the hour.
    func view(as principal: Principal) async throws -> RetentionView {
        try principal.require(.seeRetention)
        return try await leaving()
    }

    /// Has it go now.
    /// - Returns: what that is.
    func clean(as principal: Principal) async throws -> RetentionView {
        try principal.require(.clean)
        let view = try await leaving()
        try await store.write(as: principal) { transaction in
            try transaction.retention.ask(for: Retention.duty, now: transaction.now)
            let counts: JSONValue = [
                "runs": .integer(Int64(view.leaving.reduce(0) { $0 + $1.runs })),
                "logBytes": .integer(view.leaving.reduce(0) { $0 + $1.logBytes }),
                "processes": .integer(Int64(view.processes)), "parked": .integer(Int64(view.parked)),
            ]
            try transaction.audit(.clean, by: principal, of: "what is not kept any more", before: counts)
        }
        store.cleaning.wake()
        return view
    }

    /// Says how long the runs of a repository are kept, where it is not as the settings say.
    func save(_ rules: RetentionRules, of path: RepositoryPath, by principal: Principal) async throws {
        try principal.require(.saveRetention)
        if let problem = Retention.problem(with: rules) {
            throw OperationError.invalid("malformed_retention", problem)
        }
        try await store.write(as: principal) { transaction in
            _ = try RepositoryOperations.find(path, in: transaction, as: principal)
            let before = try transaction.retention.rules(of: path)
            try transaction.retention.save(rules, of: path, by: principal.name, now: transaction.now)
            try transaction.audit(
                .saveRetention, by: principal, of: path.rawValue, in: path, before: before.map { try .audited($0) },
                after: .audited(rules))
        }
    }

    private func leaving() async throws -> RetentionView {
        let search = RetentionSearch(store: store, retention: retention)
        let now = try await search.moment()
        var found: [RepositoryPath: RetentionView.Leaving] = [:]
        var uses: [String: Int] = [:]
        try await search.each(now: now, isRemoving: false) { runs in
            for run in runs.map(\.run) {
                var leaving =
                    found[run.repository]
                    ?? RetentionView.Leaving(
                        repository: run.repository, runs: 0, logBytes: 0, oldest: run.createdAt, newest: run.createdAt)
                leaving.runs += 1
                leaving.logBytes += run.logBytes
                leaving.oldest = min(leaving.oldest, run.createdAt)
                leaving.newest = max(leaving.newest, run.createdAt)
                found[run.repository] = leaving
            }
            uses.merge(try await store.read { try $0.removals.uses(by: runs.map(\.run.id)) }, uniquingKeysWith: +)
        }
        let counts = uses
        let (processes, parked) = try await store.read { [retention] tables in
            let freed = try counts.filter { try tables.removals.uses(of: $0.key) == $0.value }.count
            return (
                try freed + tables.removals.unusedProcesses(),
                try tables.deadLetters.count(leaving: retention, at: now)
            )
        }
        return RetentionView(
            days: retention.days, runs: retention.runs, logMebibytes: Int(retention.logBytes >> 20),
            branchDays: retention.branchDays, leaving: found.values.sorted { $0.repository < $1.repository },
            processes: processes, parked: parked)
    }
}
