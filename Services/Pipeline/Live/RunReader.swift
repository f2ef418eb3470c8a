import Contracts

/// What pages and the API show: runs as they are now, and what happens to them.
struct RunReader: Sendable {
    let store: PipelineStore
    let logs: LogReader
    var quotas = Quotas()

    /// The newest runs first.
    /// - Parameter before: the `next` of an earlier page.
    func list(
        _ query: RunQuery = RunQuery(), before: RunID? = nil, limit: Int = 50
    ) async throws -> Page<RunSummary> {
        try await store.read { try $0.runs.list(query, before: before, limit: limit) }
    }

    /// A page of a list that is to be kept live.
    func livePage(_ query: RunQuery, before: RunID?, limit: Int) async throws -> LivePage {
        try await store.read { try $0.runs.livePage(query, before: before, limit: limit) }
    }

    /// The page with what has become of runs; `nil` where it has to be read anew.
    func update(_ page: LivePage, with changed: Set<RunID>) async throws -> LivePage? {
        var page = page
        for id in changed {
            let run = try await store.changes.listed.read(id) { [store] in
                try await store.read { try $0.runs.listed(id) }
            }
            guard let run, page.take(run) else { return nil }
        }
        return page
    }

    /// The run, whole, for one of many who were told that it has changed.
    func latest(_ id: RunID) async throws -> RunView? {
        try await store.changes.views.read(id) { try await view(id) }
    }

    /// The run, whole, or `nil`.
    func view(_ id: RunID) async throws -> RunView? {
        guard var view = try await store.read({ [quotas] in try $0.runs.view(id, quotas: quotas) }) else { return nil }
        let streams = view.stages.flatMap { stage in
            stage.steps.filter { $0.attempt > 0 }.map { LogStreamID(run: id, step: $0.id, attempt: $0.attempt) }
        }
        let sizes = await logs.sizes(streams)
        for stage in view.stages.indices {
            for step in view.stages[stage].steps.indices {
                let found = view.stages[stage].steps[step]
                view.stages[stage].steps[step].logBytes =
                    sizes[LogStreamID(run: id, step: found.id, attempt: found.attempt)] ?? 0
            }
        }
        return view
    }

    /// Follows a run: its state whenever it changes, and the logs of its steps as they grow.
    func follow(_ run: RunID, logs mode: RunFollower.Logs = .none) -> RunFollower {
        RunFollower(run: run, mode: mode, reader: self, watch: store.changes.watch(run))
    }
}
