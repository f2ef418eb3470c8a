import Contracts
import PipelineLanguage

/// A stage as one of its jobs needs it: what names the steps of other jobs is not there.
struct JobPart: Sendable {
    let stage: Stage
    /// The same as JSON.
    let document: JSONValue

    /// - Parameter document: the whole stage as JSON.
    init(of whole: Stage, _ document: JSONValue, for job: Job) throws {
        var stage = whole
        stage.steps = whole.steps.filter { job.steps.contains($0.name) }
        if job.kind == .rollout { stage.services = [] }
        self.stage = stage
        self.document = stage == whole ? document : try JSONValue(encoding: stage)
    }

    /// All of a stage.
    init(_ stage: Stage) throws {
        self.stage = stage
        document = try JSONValue(encoding: stage)
    }
}
