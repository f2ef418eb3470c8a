import Contracts
import FoundationEssentials
import Glibc
import PipelineLanguage
import Synchronization
import SystemPackage
import Worker

/// Runs a step's commands as processes of this machine, in the workspace.
struct ProcessStep: Sendable {
    let processes: ProcessRunner
    let folder: JobFolder
    /// The engine `docker` commands find by themselves; `nil` leaves them their own.
    let docker: DockerHost?

    func run(_ step: StepRun) async throws -> StepResult {
        let given = try folder.makeStep(number: StepNumber.next(), script: nil)
        var environment = try step.job.environment(of: step.step)
        for (name, value) in step.step.pluginEnvironment { environment[name] = try step.job.resolve(value) }
        environment.merge(
            [
                StepOutputs.variable: given.output.string, "SLIPWAY_WORKSPACE": folder.workspace.string,
                "DRONE_WORKSPACE": folder.workspace.string,
            ], uniquingKeysWith: { _, own in own })
        if let docker, environment["DOCKER_HOST"] == nil { environment["DOCKER_HOST"] = "unix://\(docker.socketPath)" }
        if !step.job.registries.isEmpty, environment["DOCKER_CONFIG"] == nil {
            environment["DOCKER_CONFIG"] = try DockerLogins.write(
                step.job.registries, to: given.path.appending("docker")
            ).string
        }
        let command = ShellCommand(
            commands: step.step.commands, environment: environment, workingDirectory: try workingDirectory(step.step))
        // A probe looks into containers: what uses a service that is a process waits for it in its own way.
        if step.isBackground { step.ready() }
        let outcome = try await processes.run(
            command, job: step.job.grant.job.rawValue, attempt: step.job.grant.attempt, log: step.log)
        return StepResult(outcome, outputs: outcome.isSuccess ? try StepOutputs.read(given.output) : [:])
    }

    private func workingDirectory(_ step: Step) throws(JobFailure) -> FilePath {
        guard let wanted = step.workingDirectory else { return folder.workspace }
        return try WorkspacePath.resolve(wanted, in: folder.workspace)
    }
}

/// Numbers the tries of steps, so that each has a folder of its own.
enum StepNumber {
    private static let last = Atomic<Int>(0)

    static func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

/// Paths of a pipeline, which must not lead out of the workspace: not by `..` and not by a link.
enum WorkspacePath {
    /// - Throws: ``JobFailure`` for a path that leads out or is not there.
    static func resolve(_ path: String, in workspace: FilePath) throws(JobFailure) -> FilePath {
        guard let root = real(workspace.string) else { throw JobFailure("the workspace is gone") }
        guard let target = real(path.hasPrefix("/") ? path : "\(root)/\(path)") else {
            throw JobFailure("“\(path)” is not there in the workspace")
        }
        guard target == root || target.hasPrefix(root + "/") else {
            throw JobFailure("“\(path)” leads out of the workspace")
        }
        return FilePath(target)
    }

    private static func real(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
