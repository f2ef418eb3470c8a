import Contracts
import Hummingbird

/// Which runs a list shows, as its address says it.
struct RunFilter: Sendable, Equatable {
    var repository: RepositoryPath?
    var state: RunState?
    var before: RunID?

    init(repository: RepositoryPath? = nil, state: RunState? = nil, before: RunID? = nil) {
        self.repository = repository
        self.state = state
        self.before = before
    }

    init(_ request: Request) {
        func value(_ name: Substring) -> String? {
            request.uri.queryParameters[name].flatMap { $0.isEmpty ? nil : String($0) }
        }
        repository = value("repository").map { RepositoryPath(rawValue: $0) }
        state = value("state").flatMap { RunState(rawValue: $0) }
        // What is no id is no place in the list.
        before = value("before").flatMap { $0.utf8.count == 26 ? RunID(rawValue: $0) : nil }
    }

    var query: RunQuery { RunQuery(repository: repository, state: state) }

    func address(_ path: PagePath) -> String {
        path.path(query: [
            ("repository", repository?.rawValue), ("state", state?.rawValue), ("before", before?.rawValue),
        ])
    }

    private struct Choice: Sendable {
        let name: String
        let href: String
        let selected: Bool
    }

    /// What the list's page has around its rows.
    /// - Parameter repositories: those to choose from; `nil` where there are too many for a list.
    func content(repositories: [String]?, next: String?) -> [String: Any] {
        var names = repositories ?? []
        if let repository, !names.contains(repository.rawValue) { names.append(repository.rawValue) }
        let states: [(String, RunState?)] = [
            ("All", nil), ("Running", .running), ("Waiting", .pending), ("Failed", .failure), ("Success", .success),
            ("Cancelled", .cancelled),
        ]
        var content: [String: Any] = [
            "isSearch": repositories == nil, "repository": repository?.rawValue ?? "",
            "repositories": names.map { Choice(name: $0, href: "", selected: $0 == repository?.rawValue) },
            "states": states.map { name, state in
                Choice(
                    name: name, href: RunFilter(repository: repository, state: state).address(.home),
                    selected: state == self.state)
            },
            "live": address(.liveRuns),
            "isFirst": self == RunFilter(),
            "empty": self == RunFilter() ? "Nothing has run yet." : "No run is like that.",
        ]
        content["stateFilter"] = state?.rawValue
        if before != nil { content["newest"] = RunFilter(repository: repository, state: state).address(.home) }
        if let next {
            let older = RunFilter(repository: repository, state: state, before: RunID(rawValue: next))
            content["older"] = older.address(.home)
        }
        return content
    }
}
