/// One variable that steps see: its name, what it says, and where its value is from. ``all`` is the only list of them:
/// what steps get, what `slipway lint` knows and the page on variables are made from it.
public struct RunVariable: Sendable {
    public let name: String
    /// What it says, for the page.
    public let meaning: String
    /// When it is set, where that is not always.
    public let condition: String
    let source: Source

    enum Source: Sendable {
        /// Known when the run is planned or, at the latest, when a job is given to a worker.
        case run(@Sendable (RunVariables, Stage?) -> String?)
        /// Known when a step starts.
        case step(@Sendable (StepMoment) -> String?)
        /// Of the place a step runs in, which only its worker knows.
        case place
        /// Never set, and why.
        case refused
    }

    /// Who made the name known.
    public enum Origin: String, Sendable, CaseIterable {
        case drone = "Drone"
        case gitlab = "GitLab"
        case slipway = "Slipway"
    }

    public let origin: Origin

    /// Whether it is never set; ``meaning`` says why.
    public var isRefused: Bool { if case .refused = source { true } else { false } }

    /// All of them, in the order of the page.
    public static let all = drone + droneBeyond + gitlab + slipway

    /// Those that say where the source is.
    public static let sourceNames = ["CI_PROJECT_DIR", "CI_WORKSPACE", "DRONE_WORKSPACE", "SLIPWAY_WORKSPACE"]
    /// Those of the folder that the steps share, and of the source's place below it.
    public static let workspaceBaseNames = ["CI_WORKSPACE_BASE", "DRONE_WORKSPACE_BASE"]
    public static let workspacePathNames = ["CI_WORKSPACE_PATH", "DRONE_WORKSPACE_PATH"]
    static let workspaceNames = sourceNames + workspaceBaseNames + workspacePathNames

    /// Those whose value somebody else writes, so that it may be any text.
    static let freeTexts: Set<String> = [
        "CI_COMMIT_AUTHOR", "CI_COMMIT_DESCRIPTION", "CI_COMMIT_MESSAGE", "CI_COMMIT_TITLE", "DRONE_BUILD_TRIGGER",
        "DRONE_COMMIT_AUTHOR", "DRONE_COMMIT_AUTHOR_AVATAR", "DRONE_COMMIT_AUTHOR_EMAIL", "DRONE_COMMIT_AUTHOR_NAME",
        "DRONE_COMMIT_MESSAGE", "DRONE_SEMVER_ERROR", "GITLAB_USER_NAME",
    ]

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The variable of a name.
    public static func named(_ name: String) -> RunVariable? { byName[name] }

    /// The variable somebody means by a name in another spelling, such as `drone_tag` or `CI.tag`.
    static func meant(by name: String) -> String? {
        let known = name.uppercased().replacing(".", with: "_").replacing("-", with: "_")
        return byName[known]?.isRefused == false ? known : nil
    }

    /// Whether it is of the place a step runs in, so that a shell may have it where nobody else does.
    static func isOfPlace(_ name: String) -> Bool {
        if name.hasPrefix(ShellValues.prefix) { return true }
        guard case .place? = byName[name]?.source else { return false }
        return true
    }

    /// Whether it is known when a step starts and not before, so that no condition can ask for it.
    static func isOfMoment(_ name: String) -> Bool {
        switch byName[name]?.source {
        case .step, .place: true
        case .run, .refused, nil: false
        }
    }

    /// Whether a step can have it at all: those made for the values of commands are no rows of the table.
    static func isSet(_ name: String) -> Bool {
        name.hasPrefix(ShellValues.prefix) || byName[name].map { !$0.isRefused } ?? false
    }

    /// The names that a mistyped one may have meant.
    static var setNames: [String] { all.filter { !$0.isRefused }.map(\.name) }

    // MARK: Rows

    static func run(
        _ origin: Origin, _ name: String, _ meaning: String, _ condition: String = "",
        _ value: @escaping @Sendable (RunVariables) -> String?
    ) -> RunVariable {
        RunVariable(
            name: name, meaning: meaning, condition: condition, source: .run { run, _ in value(run) }, origin: origin)
    }

    static func stage(
        _ origin: Origin, _ name: String, _ meaning: String, _ condition: String = "",
        _ value: @escaping @Sendable (Stage, RunVariables) -> String?
    ) -> RunVariable {
        RunVariable(
            name: name, meaning: meaning, condition: condition,
            source: .run { run, stage in stage.flatMap { value($0, run) } }, origin: origin)
    }

    static func step(
        _ origin: Origin, _ name: String, _ meaning: String, _ condition: String = "",
        _ value: @escaping @Sendable (StepMoment) -> String?
    ) -> RunVariable {
        RunVariable(name: name, meaning: meaning, condition: condition, source: .step(value), origin: origin)
    }

    static func place(_ origin: Origin, _ name: String, _ meaning: String, _ condition: String = "") -> RunVariable {
        RunVariable(name: name, meaning: meaning, condition: condition, source: .place, origin: origin)
    }

    static func refused(_ origin: Origin, _ name: String, because reason: String) -> RunVariable {
        RunVariable(name: name, meaning: reason, condition: "never", source: .refused, origin: origin)
    }
}
