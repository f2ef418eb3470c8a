import Text

/// The paths of the HTTP API below ``root``, written as in its OpenAPI document: the one list that the platform's routes,
/// its pages and the command line take them from. ``PagePath`` has those of the pages.
public enum APIPath: String, Sendable, CaseIterable {
    case document = "openapi.json"
    case session
    case sessions
    case oneSession = "sessions/{id}"
    case me
    case password = "me/password"
    case link
    case login
    case loginToken = "login/token"
    case people
    case person = "people/{name}"
    case personLink = "people/{name}/link"
    case repositories
    case repository = "repositories/{repository}"
    case hook = "repositories/{repository}/hook"
    case associations = "repositories/{repository}/associations"
    case repositoryRetention = "repositories/{repository}/retention"
    case schedules = "repositories/{repository}/schedules"
    case schedule = "repositories/{repository}/schedules/{name}"
    case pauseSchedule = "repositories/{repository}/schedules/{name}/pause"
    case runSchedule = "repositories/{repository}/schedules/{name}/run"
    case repositorySecrets = "repositories/{repository}/secrets"
    case repositorySecret = "repositories/{repository}/secrets/{name}"
    case discoveredRepositories = "discovered-repositories"
    case components
    case component = "components/{name}"
    case process = "processes/{digest}"
    case environments
    case environment = "environments/{name}"
    case adopt = "environments/{name}/adopt"
    case secrets
    case secret = "secrets/{name}"
    case groupSecret = "groups/{group}/secrets/{name}"
    case registries
    case registry = "registries/{host}"
    case runs
    case run = "runs/{run}"
    case cancelRun = "runs/{run}/cancel"
    case rerun = "runs/{run}/again"
    case runEvents = "runs/{run}/events"
    case log = "runs/{run}/steps/{step}/log"
    case verdict = "runs/{run}/steps/{step}/verdict"
    case logTimes = "runs/{run}/steps/{step}/times"
    case events
    case workers
    case drain = "workers/{name}/drain"
    case keys
    case reseal = "keys/reseal"
    case retention
    case clean = "retention/clean"
    case pools
    case pool = "pools/{name}"
    case audit
    case auditExport = "audit/export"
    case roles
    case role = "roles/{holder}/{scope}"
    case tokens
    case token = "tokens/{name}"
    case parkedMessages = "dead"
    case parkedMessage = "dead/{id}"
    case retryParkedMessage = "dead/{id}/retry"

    public static let root = "/api/v1"

    /// The path from the host on.
    /// - Parameter values: of its parameters, in their order; each is percent-encoded, its slashes too.
    public func path(_ values: [String] = []) -> String {
        PathTemplate.fill("\(Self.root)/\(rawValue)", values)
    }
}

/// A path with parameters in braces. The value of one that begins with `+` keeps its slashes (RFC 6570, 3.2.3).
enum PathTemplate {
    static func fill(_ template: String, _ values: [String]) -> String {
        var values = values[...]
        return template.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            guard segment.hasPrefix("{"), let value = values.popFirst() else { return String(segment) }
            return PercentCoding.encode(value, keeping: segment.hasPrefix("{+") ? "/" : "")
        }.joined(separator: "/")
    }
}
