import Text

/// The paths of the platform's pages, from the host on: the one list that their routes, the links to them and whoever tells
/// where a run is to be seen take them from. Templates write them out; a test holds them to this list.
public enum PagePath: String, Sendable, CaseIterable {
    /// The runs, newest first.
    case home = "/"
    /// What of them changes.
    case liveRuns = "/live/runs"
    /// Starts one.
    case runs = "/runs"
    case run = "/runs/{run}"
    case liveRun = "/live/runs/{run}"
    case cancelRun = "/runs/{run}/cancel"
    /// Approves a rollout that waits for it, or refuses it.
    case verdict = "/runs/{run}/verdict"
    case rerun = "/runs/{run}/again"
    /// A piece of a step's log.
    case log = "/runs/{run}/log/{step}"
    case process = "/processes/{digest}"
    case repositories = "/repositories"
    /// The slashes of its path stay, as RFC 6570 has it of `+`.
    case repository = "/repositories/{+repository}"
    /// Saves a schedule of a repository, or does something with one.
    case schedules = "/schedules"
    case environments = "/environments"
    case components = "/components"
    case component = "/components/{name}"
    /// What is wrong with a document.
    case checkComponent = "/components/{name}/check"
    case workers = "/workers"
    case parked = "/parked"
    case signIn = "/sign-in"
    case signOut = "/sign-out"
    /// Leads to the provider that people sign in with.
    case signInElsewhere = "/sign-in/provider"
    /// What the provider sends people back to.
    case signedIn = "/sign-in/callback"
    /// What a link that works once leads to.
    case link = "/link"
    /// Lets a command act as the person.
    case login = "/login"
    /// The person's own password, sessions and tokens.
    case account = "/account"
    case endSession = "/account/sessions/{id}/end"
    case people = "/people"
    case person = "/people/{name}"
    case roles = "/roles"
    case takeRole = "/roles/take"
    /// One's own, and for administrators all.
    case tokens = "/tokens"
    case revokeToken = "/tokens/revoke"
    case audit = "/audit"
    case asset = "/assets/{version}/{file}"
    case icon = "/favicon.ico"

    /// - Parameters:
    ///   - values: of its parameters, in their order; each is percent-encoded.
    ///   - query: what follows; a member without a value is left out.
    public func path(_ values: [String] = [], query: [(String, String?)] = []) -> String {
        PercentCoding.address(PathTemplate.fill(rawValue, values), query: query.filter { $0.1?.isEmpty == false })
    }

    /// Where people find it.
    /// - Parameter platform: the platform's address, such as `https://slipway.example`.
    public func address(at platform: String, _ values: [String] = []) -> String { platform + path(values) }
}
