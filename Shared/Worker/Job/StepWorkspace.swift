import PipelineLanguage

/// Where a step finds its source, as the step sees it.
public struct StepWorkspace: Sendable, Hashable {
    /// The folder that the steps of a job share.
    public var base: String
    /// The source's place below it; empty where it is the base itself.
    public var path: String

    public var folder: String { path.isEmpty ? base : base + "/" + path }

    public init(_ base: String, path: String = "") {
        self.base = base
        self.path = path
    }

    /// The variables that say so.
    public var environment: [String: String] {
        var environment: [String: String] = [:]
        for name in RunVariable.sourceNames { environment[name] = folder }
        for name in RunVariable.workspaceBaseNames { environment[name] = base }
        for name in RunVariable.workspacePathNames { environment[name] = path }
        return environment
    }
}
