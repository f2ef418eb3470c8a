import Contracts
import PipelineLanguage
import Worker

extension StepRun {
    /// Whether others go on while it runs. For any other step, being ready would let those after it start too early.
    var isBackground: Bool { step.detach || job.stage.isService(step.name) }
}

/// Sends each step to what runs its kind, and tells the world of it.
struct StepDispatch: StepRunner {
    /// `nil` where this builder runs no processes.
    let processes: ProcessStep?
    /// `nil` where this builder has no Docker Engine.
    let containers: ContainerStep?
    let images: ImageBuildStep?
    let events: WorkerEvents
    /// The folder of the source on this machine.
    let workspace: String

    func workspace(of step: Step, in stage: Stage) -> String? {
        step.image != nil ? WorkspacePath.inContainers(of: stage) : workspace
    }

    func run(_ step: StepRun) async throws -> StepResult {
        try await events.telling(step) { try await dispatch($0) }
    }

    private func dispatch(_ step: StepRun) async throws -> StepResult {
        if step.step.build != nil {
            guard let images else { throw Self.noEngine("it builds an image") }
            return try await images.run(step)
        }
        if step.step.image != nil {
            guard let containers else { throw Self.noEngine("it has an image") }
            return try await containers.run(step)
        }
        guard !step.step.commands.isEmpty else {
            throw JobFailure("the step has neither an image nor commands: there is nothing to run")
        }
        guard let processes else {
            throw JobFailure(
                "the step has no image and this builder runs no processes; give the step an image"
                    + (step.step.deploysByCommands ? " or a deploy block" : "")
                    + ", or start a builder with SLIPWAY_RUNNERS=docker,process (in compose: SLIPWAY_BUILDER_RUNNERS)")
        }
        return try await processes.run(step)
    }

    private static func noEngine(_ why: String) -> JobFailure {
        JobFailure(
            "the step needs a Docker Engine (\(why)) and this builder uses none; start one with SLIPWAY_RUNNERS=docker")
    }
}
