extension Step {
    /// What a step does.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// Runs a shell script.
        case commands
        /// Runs an image as it is, told what to do by its settings.
        case plugin
        /// Builds an image and pushes it.
        case build
        /// Rolls out, as a `deploy` block says.
        case deploy
    }

    public var kind: Kind {
        if isRollout { return .deploy }
        if build != nil { return .build }
        return commands.isEmpty ? .plugin : .commands
    }

    /// Whether a deployer runs it: it has a `deploy` block. No command of a repository runs on a deployer.
    public var isRollout: Bool { deploy != nil }

    /// Whether it is called `deploy` and is nothing but commands: a build step, as a process in the workspace of the
    /// steps before it, that changes something outside. The job it is in takes turns with those of other runs as
    /// rollouts do.
    public var deploysByCommands: Bool {
        name == "deploy" && deploy == nil && image == nil && build == nil && !commands.isEmpty
    }

    /// The names other steps may refer to as `${steps.<this>.<name>}`.
    public var outputNames: [String] {
        if build != nil { return ImageBuild.outputs + outputs }
        if deploy != nil { return Deploy.outputs + outputs }
        return outputs
    }
}

/// When a step's image is pulled.
public enum PullPolicy: String, Codable, Sendable, CaseIterable {
    case always, never
    case ifNotExists = "if-not-exists"
}

/// What a step's failure does.
public enum FailurePolicy: String, Codable, Sendable, CaseIterable {
    /// The stage fails; steps that run already go on to their end.
    case fail
    /// Nothing: the stage goes on as if it had succeeded.
    case ignore
    /// The stage fails and everything that runs in it is stopped at once.
    case fast
}
