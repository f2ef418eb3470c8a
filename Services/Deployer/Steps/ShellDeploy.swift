import Contracts
import FoundationEssentials
import Logging
import PipelineLanguage
import SystemPackage
import Worker

/// The commands of a bare `deploy` step, in an empty directory, with the logins `docker` needs.
struct ShellDeploy: Sendable {
    let processes: ProcessRunner
    let scratch: FilePath
    let dockerSocket: String
    let logger: Logger

    func run(_ step: StepRun) async throws -> StepResult {
        let grant = step.job.grant
        let directory = scratch.appending("\(grant.job).\(grant.attempt).\(step.number)")
        let workspace = directory.appending("workspace")
        let outputs = directory.appending("outputs")
        do {
            // A worker that was killed may have left it.
            try FileTree.remove(directory)
            try FileTree.make(workspace)
        } catch {
            throw JobFailure("the step's directory cannot be made: \(error)")
        }
        defer {
            do {
                try FileTree.remove(directory)
            } catch {
                logger.warning("a step's directory could not be removed", metadata: ["error": "\(error)"])
            }
        }
        var environment = try step.job.environment(of: step.step)
        environment[StepOutputs.variable] = outputs.string
        environment["DOCKER_HOST"] = environment["DOCKER_HOST"] ?? "unix://\(dockerSocket)"
        if !step.job.registries.isEmpty {
            environment["DOCKER_CONFIG"] = try DockerLogins.write(
                step.job.registries, to: directory.appending("docker")
            ).string
        }
        let command = ShellCommand(
            commands: step.step.commands, environment: environment, workingDirectory: workspace)
        let outcome = try await processes.run(
            command, job: grant.job.rawValue, attempt: grant.attempt, log: step.log)
        return StepResult(outcome, outputs: outcome.isSuccess ? try StepOutputs.read(outputs) : [:])
    }
}
