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
            environment["DOCKER_CONFIG"] = try writeLogins(step.job.registries, directory.appending("docker")).string
        }
        let command = ShellCommand(
            commands: step.step.commands, environment: environment, workingDirectory: workspace)
        let outcome = try await processes.run(
            command, job: grant.job.rawValue, attempt: grant.attempt, log: step.log)
        return StepResult(outcome, outputs: outcome.isSuccess ? try StepOutputs.read(outputs) : [:])
    }

    private struct Configuration: Encodable {
        struct Login: Encodable {
            var auth: String
        }
        var auths: [String: Login]
    }

    /// The file `docker` reads its logins from, for this step alone.
    private func writeLogins(
        _ registries: [String: RegistryLogin], _ directory: FilePath
    ) throws(JobFailure) -> FilePath {
        do {
            try FileTree.make(directory)
            let logins = registries.mapValues { login in
                Configuration.Login(auth: Data("\(login.username):\(login.password)".utf8).base64EncodedString())
            }
            let json = try Wire.encode(Configuration(auths: logins))
            let file = try FileDescriptor.open(
                directory.appending("config.json"), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: .ownerReadWrite)
            try file.closeAfter { _ = try file.writeAll(json) }
            return directory
        } catch {
            throw JobFailure("the registry logins cannot be written for the step: \(error)")
        }
    }
}
