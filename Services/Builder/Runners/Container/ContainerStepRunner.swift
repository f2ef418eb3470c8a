import PipelineLanguage
import Worker

/// Steps with an image: their commands, or what the image does by itself, in a container.
struct ContainerStepRunner: BuildStepRunner {
    private let job: BuildJob

    init(_ job: BuildJob) { self.job = job }

    static func collectLeftovers(_ tools: BuildTools) async -> Bool { await tools.docker?.collectLeftovers() ?? true }

    func accepts(_ step: Step) -> Bool { step.image != nil && step.build == nil }

    func workspace(of step: Step, in stage: Stage) -> StepWorkspace? { WorkspacePath.place(of: stage) }

    func run(_ step: StepRun) async throws -> StepResult {
        try await ContainerStep(
            containers: try job.containers(because: "it has an image"), registry: job.tools.registry
        ).run(step)
    }

    func cleanUp() async {
        if let containers = job.containers, await containers.isUsed { await containers.remove() }
    }
}
