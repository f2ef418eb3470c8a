import Contracts
import Git

/// A builder's question for what belongs to a commit: `commit=<id>&submodules=true&lfs=true`.
struct PartsRequest: Equatable {
    var repository: RepositoryPath
    var commit: String
    var submodules = false
    var largeFiles = false

    /// - Returns: `nil` for a query that is none.
    init?(_ repository: RepositoryPath, query: String) {
        self.repository = repository
        commit = ""
        for part in query.split(separator: "&") {
            switch part {
            case "submodules=true": submodules = true
            case "lfs=true": largeFiles = true
            case "submodules=false", "lfs=false": continue
            default:
                guard part.hasPrefix("commit=") else { return nil }
                commit = String(part.dropFirst("commit=".count))
            }
        }
        guard GitRef.isCommit(commit) else { return nil }
    }
}
