import Contracts
import Glibc
import Logging
import PipelineLanguage
import Synchronization
import SystemPackage
import Worker

/// Runs a step's commands as processes of this machine, in the workspace.
struct ProcessStep: Sendable {
    let processes: StepProcesses
    let user: JobUser
    let folder: JobFolder
    /// `nil` where this builder has no Docker Engine.
    let containers: JobContainers?

    func run(_ step: StepRun) async throws -> StepResult {
        if let problem = step.step.shell.flatMap(ShellName.problem) { throw JobFailure(problem) }
        let user = try await user.take(folder)
        let given = try folder.makeStep(number: StepNumber.next())
        var environment = try step.environment(output: given.output.string)
        if processes.sharesDocker, let containers, environment["DOCKER_HOST"] == nil {
            environment["DOCKER_HOST"] = "unix://\(containers.host.socketPath)"
        }
        let logins = environment["DOCKER_CONFIG"] == nil ? step.job.commandLogins(for: step.step) : [:]
        let place = given.path.appending("docker")
        if !logins.isEmpty {
            let file = try DockerLogins.write(logins, to: place)
            if let user { try FileTree.give(file, to: user) }
            environment["DOCKER_CONFIG"] = file.string
        }
        let result: Result<StepResult, any Error>
        do {
            result = .success(try await run(step, as: user, in: given, environment))
        } catch {
            result = .failure(error)
        }
        if !logins.isEmpty { await forget(place) }
        return try result.get()
    }

    private func run(
        _ step: StepRun, as user: ProcessUser?, in given: StepFolder, _ environment: [String: String]
    ) async throws -> StepResult {
        let command = ShellCommand(
            commands: step.step.commands, shell: step.step.shell, environment: environment,
            workingDirectory: try WorkspacePath.directory(of: step.step, in: folder, stage: step.job.stage),
            user: user)
        try await self.user.giveWorkspace(folder, writers: containers == nil ? 0 : await containers?.writers)
        if let containers, geteuid() != 0 || user != nil, await containers.isUsed {
            await containers.openWorkspace(step.log)
        }
        // A probe looks into containers: what uses a service that is a process waits for it in its own way.
        if step.isBackground { step.ready() }
        let outcome = try await processes.runner.run(
            command, scratch: folder.path, job: step.job.grant.job.rawValue, attempt: step.job.grant.attempt,
            advice: step.step.backgroundAdvice, log: step.log)
        return try await step.result(of: outcome, reason: await reason(of: outcome, step), outputs: given.written)
    }

    /// Removes a step's logins: no other step of the job is to find them.
    private func forget(_ logins: FilePath) async {
        do {
            try await FileTree.remove(logins, within: BuildExecutor.cleanUpTime)
        } catch {
            containers?.host.logger.warning(
                "the logins of a step could not be removed before its job ends", metadata: ["error": "\(error)"])
        }
    }

    /// What is known better than the exit code tells.
    private func reason(of outcome: ProcessOutcome, _ step: StepRun) async -> String? {
        guard case .exited(let code) = outcome, code == 126 || code == 127 else { return nil }
        for script in Shebang.all(in: step.step, folder: folder, stage: step.job.stage) {
            let problem = await script.problem("this builder's machine") { access($0, F_OK) == 0 }
            if let problem { return "exit code \(code): \(problem)" }
        }
        return nil
    }
}

/// Numbers the tries of steps, so that each has its own folder.
enum StepNumber {
    private static let last = Atomic<Int>(0)

    static func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
