import Contracts
import DockerEngine
import PipelineLanguage
import SystemPackage
import Worker

/// Runs a step in a container: commands as a script, a plugin as its image does.
struct ContainerStep: Sendable {
    let containers: JobContainers
    /// How long a container that is stopped has between SIGTERM and SIGKILL.
    var grace = Duration.seconds(10)

    func run(_ step: StepRun) async throws -> StepResult {
        do {
            return try await runContainer(step)
        } catch let error as DockerError {
            throw JobFailure("\(error)")
        }
    }

    private func runContainer(_ step: StepRun) async throws -> StepResult {
        let engine = try await containers.host.engine()
        let image = try ImageReference(step.step.image ?? "")
        try await ImagePull(engine: engine, job: step.job, log: step.log).run(image, policy: step.step.pull)
        await containers.used("\(image)")
        let script = step.step.commands.isEmpty ? nil : ContainerScript(step.step)
        let folder = try containers.folder.makeStep(number: StepNumber.next(), script: script?.text)
        let container = try await specification(of: step, image: image, script: script, folder: folder)
        let id = try await engine.createContainer(container)
        let result: Result<ContainerDetails, any Error>
        do {
            result = .success(try await supervise(id, engine, step))
        } catch {
            result = .failure(error)
        }
        // Also after a cancellation. One that cannot be removed now goes with the job.
        await Task {
            do {
                try await engine.removeContainer(id)
            } catch {
                await step.log.line("the step's container could not be removed: \(error)")
            }
        }.value
        return try Self.result(try result.get().state, container, folder)
    }

    /// Starts the container and follows it to its end, which comes soon once the task is cancelled.
    private func supervise(_ id: String, _ engine: DockerEngine, _ step: StepRun) async throws -> ContainerDetails {
        // Both before the start, so that neither the end nor a word of the shortest run is missed.
        let exit = try await engine.awaitExit(of: id)
        let output = try await engine.attach(to: id)
        try await engine.startContainer(id)
        // A task of its own: a container that is being stopped still has something to say.
        let following = Task {
            for try await piece in output { await step.log.write(piece.bytes) }
            _ = try await exit.code()
            return try await engine.inspectContainer(id)
        }
        let grace = grace
        let stop: @Sendable () -> Void = {
            Task {
                do {
                    try await engine.stopContainer(id, grace: grace)
                } catch {
                    await step.log.line("the step's container could not be stopped: \(error)")
                }
            }
        }
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await announce(id, engine, step, stop) }
                let result = await following.result
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch let failure as JobFailure {
                    // It never worked, and was stopped for that.
                    throw failure
                } catch is CancellationError {
                    // It ended before it was known to work.
                }
                return try result.get()
            }
        } onCancel: {
            stop()
        }
    }

    /// Says when a service or detached step works, and ends one that does not begin to.
    private func announce(
        _ id: String, _ engine: DockerEngine, _ step: StepRun, _ stop: @Sendable () -> Void
    ) async throws {
        guard step.isBackground else { return }
        guard let probe = step.step.ready else {
            step.ready()
            return
        }
        do {
            try await ContainerProbe(probe: probe, engine: engine, http: containers.host.http).wait(for: id)
            step.ready()
        } catch let failure as JobFailure {
            stop()
            throw failure
        }
    }

    static func result(
        _ state: ContainerDetails.State, _ container: ContainerSpecification, _ folder: StepFolder
    ) throws(JobFailure) -> StepResult {
        let outcome = ProcessOutcome.exited(state.exitCode)
        var result = StepResult(outcome, outputs: outcome.isSuccess ? try StepOutputs.read(folder.output) : [:])
        if state.wasOutOfMemory {
            let limit = container.memoryLimit.map { " of \($0 >> 20) MiB" } ?? ""
            result.reason = "out of memory: it used more than its limit\(limit)"
        } else if !state.problem.isEmpty {
            result.reason = state.problem
        }
        return result
    }
}
