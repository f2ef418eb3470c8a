import PipelineLanguage
import SystemPackage
import Worker

/// Steps that build an image of the workspace and push it. They leave nothing but layers the engine keeps.
struct ImageBuildRunner: BuildStepRunner {
    private let job: BuildJob

    init(_ job: BuildJob) { self.job = job }

    func accepts(_ step: Step) -> Bool { step.build != nil }

    func workspace(of step: Step, in stage: Stage) -> StepWorkspace? { job.folder.place }

    func run(_ step: StepRun) async throws -> StepResult {
        try await ImageBuildStep(
            containers: try job.containers(because: "it builds an image"), registry: job.tools.registry,
            events: job.tools.events, folder: job.folder
        ).run(step)
    }
}
