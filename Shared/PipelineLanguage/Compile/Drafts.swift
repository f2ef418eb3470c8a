/// A name somewhere in a document.
struct NameReference: Sendable, Hashable {
    var name: String
    var mark: SourceMark

    var length: Int { name.unicodeScalars.count }
}

/// A step as it was read, with where its names are: they can be checked only when all steps are known.
struct StepDraft {
    var step: Step
    var isService: Bool
    var mark: SourceMark
    var nameMark: SourceMark
    /// Whether something is wrong with it already: then it may lack what it seems to lack only because of that.
    var hasErrors = false
    var dependsOn: [NameReference] = []
    var mounts: [NameReference] = []
    var references: [SourceReference] = []
    /// Where a `deploy` without an image is, which then is that of the build before it.
    var deployWithoutImage: SourceMark?
}

/// A stage as it was read.
struct StageDraft {
    var stage: Stage
    var mark: SourceMark
    var nameMark: SourceMark
    /// The name before a matrix made several of it.
    var baseName: String
    /// Whether it says itself what its steps run in.
    var hasKind = false
    var dependsOn: [NameReference] = []
    var steps: [StepDraft] = []
    /// Whether all of its volumes could be read.
    var knowsVolumes = true
    /// Where each of its volumes is named; empty for a stage of a component.
    var volumeMarks: [SourceMark] = []
    /// Expressions outside its steps.
    var references: [SourceReference] = []
}

/// A document or several, as read so far.
struct ProcessDraft {
    var name: String?
    var parameters: [String: Parameter] = [:]
    var environments: [String: EnvironmentRule] = [:]
    var secrets: [ExternalSecret] = []
    var secretNames = Set<String>()
    var stages: [StageDraft] = []
    /// Names of pipelines that are wrong as a whole, so that those that wait for them are not wrong for it.
    var unreadStages = Set<String>()
    /// Of all stages: counted while they are read, so that a matrix or a template cannot make more than is allowed.
    var stepCount = 0
}

extension ProcessDraft {
    /// Whether it has no more stages and steps than allowed.
    func hasRoom(_ limits: SourceLimits) -> Bool { stages.count <= limits.stages && stepCount <= limits.steps }
}
