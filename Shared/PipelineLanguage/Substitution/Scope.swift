/// The names `${…}` may refer to.
public struct Scope: Sendable, Hashable {
    /// The variables of the run: `CI`, `DRONE_…`, `SLIPWAY_…`.
    public var environment: [String: String]
    /// The process' parameters: `${parameters.name}` or `${name}`.
    public var parameters: [String: String]
    /// The values of the stage's matrix: `${matrix.name}` or `${name}`.
    public var matrix: [String: String]
    /// What steps handed on: `${steps.name.output}`.
    public var outputs: [String: [String: String]]
    /// What steps did not hand on since it holds a secret: what is in it, by step, then by name.
    public var dropped: [String: [String: String]]
    /// The first of two passes: what has no value yet (a step that has not run, a variable nobody knows) stays as it
    /// is written for the second, and nothing a value contains is taken for an expression then.
    public var isPartial: Bool
    /// The variables of the pipeline: those of the run win over them.
    var pipeline = Variables()
    /// The variables of the step, which win over everything.
    var step = Variables()

    /// An `environment` as far as it is known.
    struct Variables: Sendable, Hashable {
        var texts: [String: String] = [:]
        /// Those that wait for the second pass.
        var pending: Set<String> = []
        /// Those whose value is a secret: only the shell has it.
        var secrets: Set<String> = []

        subscript(name: String) -> Lookup? {
            if let text = texts[name] { return .value(text, .shell) }
            if pending.contains(name) { return .pending }
            return secrets.contains(name) ? .unknown : nil
        }
    }

    public init(
        environment: [String: String] = [:], parameters: [String: String] = [:], matrix: [String: String] = [:],
        outputs: [String: [String: String]] = [:], dropped: [String: [String: String]] = [:], isPartial: Bool = false
    ) {
        self.environment = environment
        self.parameters = parameters
        self.matrix = matrix
        self.outputs = outputs
        self.dropped = dropped
        self.isPartial = isPartial
    }

    /// Names with a dot that stand for a variable of the run.
    public static let aliases: [String: String] = [
        "commit.sha": "DRONE_COMMIT_SHA", "commit.short": "SLIPWAY_COMMIT_SHORT", "commit.branch": "DRONE_BRANCH",
        "commit.ref": "DRONE_COMMIT_REF", "commit.tag": "DRONE_TAG", "commit.message": "DRONE_COMMIT_MESSAGE",
        "commit.author": "DRONE_COMMIT_AUTHOR_NAME", "commit.email": "DRONE_COMMIT_AUTHOR_EMAIL",
        "repo.path": "DRONE_REPO", "repo.name": "DRONE_REPO_NAME", "repo.owner": "DRONE_REPO_OWNER",
        "run.id": "SLIPWAY_RUN_ID", "run.number": "DRONE_BUILD_NUMBER", "run.event": "DRONE_BUILD_EVENT",
        "run.target": "DRONE_DEPLOY_TO",
    ]

    /// Where a value is from, which decides how a script may have it.
    enum Origin {
        /// The pipeline's own text.
        case source
        /// Parameters and the matrix: known to every pass.
        case given
        /// A variable that the shell has as well, by this name or by that of ``Scope/aliases``.
        case shell
        /// Anything else: whoever pushes may have chosen it.
        case data
    }

    enum Lookup {
        case value(String, Origin)
        /// A name that is known and has nothing to stand for.
        case absent
        /// Not yet: the second pass knows.
        case pending
        /// A variable nobody knows; a shell may.
        case unknown
        /// An output that is not handed on, and what it holds.
        case dropped(String)
        /// A mistake: the part that is wrong and the names it could have been.
        case wrong(String, among: [String], what: String)
    }

    /// What a name stands for. The order is that of the variables a shell gets.
    func look(up name: String) -> Lookup {
        if let found = step[name] { return found }
        if let value = parameters[name] ?? matrix[name] { return .value(value, .given) }
        if let found = pipeline[name] {
            guard Self.isOfRun(name) else { return found }
            if let value = environment[name] { return .value(value, .shell) }
            // The run may have it by the time the step starts.
            return isPartial ? .pending : found
        }
        if let value = environment[name] { return .value(value, .shell) }
        guard let dot = name.firstIndex(of: ".") else { return lookUpPlain(name) }
        let rest = String(name[name.index(after: dot)...])
        switch name[..<dot] {
        case "parameters":
            return lookUp(rest, in: parameters, what: "parameter")
        case "matrix":
            return lookUp(rest, in: matrix, what: "matrix value")
        case "steps": return lookUpOutput(rest)
        default:
            guard let variable = Self.aliases[name] else {
                return .wrong(name, among: Array(Self.aliases.keys), what: "name")
            }
            // The shell has a step's variable under that name.
            if let value = environment[variable] { return .value(value, step[variable] == nil ? .shell : .data) }
            return isPartial ? .pending : .absent
        }
    }

    /// Whether a name stands for a value of the matrix.
    func isOfMatrix(_ name: String) -> Bool {
        matrix[name] != nil || name.hasPrefix("matrix.") && matrix[String(name.dropFirst("matrix.".count))] != nil
    }

    private func lookUp(_ name: String, in values: [String: String], what: String) -> Lookup {
        if let value = values[name] { return .value(value, .given) }
        return isPartial ? .pending : .wrong(name, among: Array(values.keys), what: what)
    }

    /// `build-image.digest`: a step's name may have dots, its output has none.
    private func lookUpOutput(_ rest: String) -> Lookup {
        guard let dot = rest.lastIndex(of: ".") else { return .wrong(rest, among: [], what: "output of a step") }
        let step = String(rest[..<dot])
        let output = String(rest[rest.index(after: dot)...])
        if let secret = dropped[step]?[output] { return .dropped(secret) }
        guard let outputs = outputs[step] else {
            return isPartial
                ? .pending : .wrong(step, among: Array(self.outputs.keys), what: "finished step with outputs")
        }
        if let value = outputs[output] { return .value(value, .data) }
        return .wrong(output, among: Array(outputs.keys), what: "output of step “\(step)”")
    }

    private func lookUpPlain(_ name: String) -> Lookup {
        if Self.isReserved(name) {
            if isPartial { return .pending }
            return RunVariable.isOfPlace(name) ? .unknown : .absent
        }
        // In capitals it is a variable, which in Drone's format is empty if nobody set it. Otherwise a parameter is meant.
        let isVariable = name.utf8.allSatisfy { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        if isVariable || isPartial { return .unknown }
        return .wrong(name, among: Array(parameters.keys) + Array(matrix.keys), what: "parameter")
    }

    /// Whether the run may set a variable of this name, which then wins over the pipeline's.
    static func isOfRun(_ name: String) -> Bool { RunVariable.named(name).map { !$0.isRefused } ?? false }

    /// Whether a name belongs to the platform, so that it is known even where it has no value.
    static func isReserved(_ name: String) -> Bool {
        name.hasPrefix("DRONE_") || name.hasPrefix("CI_") || name.hasPrefix("SLIPWAY_")
            || RunVariable.named(name) != nil
    }
}
