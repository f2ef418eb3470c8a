import Contracts
import Logging
import PipelineLanguage
import SystemPackage
import Worker

/// Steps without an image: their commands, as processes of this machine.
struct ProcessStepRunner: BuildStepRunner {
    private let job: BuildJob

    init(_ job: BuildJob) { self.job = job }

    static func collectLeftovers(_ tools: BuildTools) async -> Bool {
        await tools.processes?.collectLeftovers()
        return true
    }

    func accepts(_ step: Step) -> Bool { step.image == nil && step.build == nil }

    func workspace(of step: Step, in stage: Stage) -> StepWorkspace? { job.folder.place }

    func run(_ step: StepRun) async throws -> StepResult {
        guard !step.step.commands.isEmpty else {
            throw JobFailure("the step has neither an image nor commands: there is nothing to run")
        }
        guard let processes = job.tools.processes else {
            throw JobFailure(
                "the step has no image and this builder runs no processes; give the step an image"
                    + (step.step.deploysByCommands ? " or a deploy block" : "")
                    + ", or start a builder with SLIPWAY_RUNNERS=docker,process (in compose: SLIPWAY_BUILDER_RUNNERS; "
                    + "of slipway up: --processes)")
        }
        return try await ProcessStep(
            processes: processes, user: job.user, folder: job.folder, containers: job.containers
        )
        .run(step)
    }

    func cleanUp() async {
        let grant = job.job.grant
        await job.tools.processes?.runner.collectLeftovers(job: grant.job.rawValue, attempt: grant.attempt)
        if await !job.user.release() {
            job.tools.logger.error(
                "processes of a job, or their files, are left; their user gets no other job before the next start",
                metadata: ["job": "\(grant.job)"])
        }
    }
}
