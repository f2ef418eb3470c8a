import Containers
import Contracts
import DockerEngine
import Logging
import PipelineLanguage
import Synchronization
import SystemPackage
import Worker

/// Runs a step in a container: commands as a script, a plugin as its image does.
struct ContainerStep: Sendable {
    let containers: JobContainers
    let registry: RegistryClient
    /// How long a container that is stopped has between SIGTERM and SIGKILL.
    var grace = Duration.seconds(10)

    func run(_ step: StepRun) async throws -> StepResult {
        do {
            return try await runContainer(step)
        } catch let error as DockerError {
            throw JobFailure("\(error)", handBack: await containers.host.handBack(of: error))
        }
    }

    private func runContainer(_ given: StepRun) async throws -> StepResult {
        if !given.step.commands.isEmpty, let problem = given.step.shell.flatMap(ShellName.problem) {
            throw JobFailure(problem)
        }
        let engine = try await containers.host.engine()
        let image = try await ImagePull(
            engine: engine, registry: registry, host: containers.host, images: containers.images, job: given.job,
            log: given.log
        ).run(try ImageReference(given.step.image ?? ""), policy: given.step.pull)
        let step = try await Self.resolved(given, image, engine)
        let directory = try WorkspacePath.directory(of: step.step, isBackground: step.isBackground, in: step.job.stage)
        let folder = try makeFolder(step.step, directory)
        await containers.used("\(image)", hasShell: folder.script != nil)
        let result: Result<StepResult, any Error>
        do {
            result = .success(try await run(step, image, directory, folder, engine))
        } catch {
            result = .failure(error)
        }
        await containers.left()
        return try result.get()
    }

    private func run(
        _ step: StepRun, _ image: ImageReference, _ directory: String?, _ folder: StepFolder, _ engine: DockerEngine
    ) async throws -> StepResult {
        if let directory, folder.script == nil { try await check(directory, step, image, engine) }
        var user = step.step.user
        if user == nil { user = try await engine.inspectImage("\(image)").user }
        if !containers.host.limits.writesAnywhere(user ?? "") { await containers.openWorkspace(step.log) }
        let container = try await specification(of: step, image: image, directory: directory, folder: folder)
        let id = try await engine.createContainer(container)
        let result: Result<Ending, any Error>
        do {
            let shell = folder.script == nil ? nil : CommandScript.interpreter(step.step.shell)
            let end = FirstEnd()
            let rights = RefusedRights(containers.host.limits)
            let details = try await supervise(id, engine, step, directory, shell, end, rights)
            var hint = await hint(on: details.state.exitCode, container.entrypoint?.first, step, id, engine)
            if details.state.exitCode != 0, let words = rights.hint() { hint = words }
            let wasOutOfMemory = await wasOutOfMemory(details, container, folder, engine, wasStopped: end.isStop)
            result = .success(
                Ending(
                    state: details.state, wasStopped: end.isStop, hint: hint, wasOutOfMemory: wasOutOfMemory,
                    memoryLimit: container.memoryLimit))
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
        return try await result.get().result(step, folder)
    }

    /// Whether the words behind the image's own entrypoint are a script is known once that is.
    private static func resolved(
        _ step: StepRun, _ image: ImageReference, _ engine: DockerEngine
    ) async throws -> StepRun {
        guard step.step.entrypoint.isEmpty, !step.step.command.isEmpty else { return step }
        return try step.resolved(imageEntrypoint: try await engine.inspectImage("\(image)").entrypoint)
    }

    private func makeFolder(_ step: Step, _ directory: String?) throws(JobFailure) -> StepFolder {
        guard let directory, !step.commands.isEmpty else {
            return try containers.folder.makeStep(number: StepNumber.next())
        }
        let script = CommandScript(
            step.commands, directory: directory, given: step.workingDirectory, folder: Self.folder, looksForKills: true)
        return try containers.folder.makeStep(number: StepNumber.next(), script: script)
    }

    /// Complains about a directory that is not there, which the engine would make: the script of a step with commands
    /// looks by itself.
    private func check(
        _ directory: String, _ step: StepRun, _ image: ImageReference, _ engine: DockerEngine
    ) async throws {
        let isFound = try WorkspacePath.find(
            directory, of: step.step, in: containers.folder, stage: step.job.stage)
        if isFound { return }
        var look = ContainerSpecification(image: "\(image)")
        // It is never started.
        look.entrypoint = ["/"]
        look.network = "none"
        look.labels = containers.labels
        let id = try await engine.createContainer(look)
        let isThere = try await engine.hasFile(directory, in: id)
        try await engine.removeContainer(id)
        guard isThere else {
            throw JobFailure(CommandScript.missing(directory: step.step.workingDirectory ?? directory))
        }
    }

    /// Whether a process of a container that has ended was killed for using more memory than it may. What the engine keeps
    /// of that is missing where the container ended before the engine heard of it.
    private func wasOutOfMemory(
        _ details: ContainerDetails, _ container: ContainerSpecification, _ folder: StepFolder, _ engine: DockerEngine,
        wasStopped: Bool
    ) async -> Bool {
        if details.state.wasOutOfMemory { return true }
        switch folder.script?.reason() {
        case CommandScript.killed: return true
        case CommandScript.unharmed: return false
        default: break
        }
        guard container.memoryLimit != nil, !wasStopped else { return false }
        // A separate task: a step that ended by itself is told as it ended, whatever comes now.
        return await Task {
            do {
                return try await engine.ranOutOfMemory(details.id)
            } catch {
                containers.host.logger.debug("the engine's events cannot be read", metadata: ["error": "\(error)"])
                return false
            }
        }.value
    }

    /// What is behind an exit code that says that something was not found, or cannot be executed.
    /// - Parameter program: What the container was to start.
    private func hint(
        on code: Int32, _ program: String?, _ step: StepRun, _ id: String, _ engine: DockerEngine
    ) async -> String? {
        guard code == 126 || code == 127 else { return nil }
        let isThere: @Sendable (String) async -> Bool = { path in
            // What cannot be found out is not said.
            do { return try await engine.hasFile(path, in: id) } catch { return true }
        }
        if code == 127, let program, program.hasPrefix("/"), await !isThere(program) {
            return "the image has no \(program)"
        }
        for script in Shebang.all(in: step.step, folder: containers.folder, stage: step.job.stage) {
            if let problem = await script.problem("the image", isThere: isThere) { return problem }
        }
        return nil
    }

    /// Starts the container and follows it to its end, which comes soon once the task is cancelled.
    private func supervise(
        _ id: String, _ engine: DockerEngine, _ step: StepRun, _ directory: String?, _ shell: String?, _ end: FirstEnd,
        _ rights: RefusedRights
    ) async throws -> ContainerDetails {
        // Both before the start, so that neither the end nor a word of the shortest run is missed.
        let exit = try await engine.awaitExit(of: id)
        let output = try await engine.attach(to: id)
        try await engine.startContainer(id)
        // A separate task: a container that is being stopped still has something to say.
        let following = Task {
            // Beside its output, which may take longer than the container.
            async let ended: Void = {
                _ = try await exit.code()
                end.comes(byStop: false)
            }()
            for try await piece in output {
                rights.take(piece.bytes)
                await step.log.write(piece.bytes)
            }
            try await ended
            return try await engine.inspectContainer(id)
        }
        let grace = grace
        let stop: @Sendable () -> Void = {
            end.comes(byStop: true)
            Task {
                do {
                    let isAsked = try await Self.ask(id, engine, shell, grace)
                    try await engine.stopContainer(id, grace: isAsked ? .zero : grace)
                } catch {
                    await step.log.line("the step's container could not be stopped: \(error)")
                    // Its end is not waited for: it goes with the job, or at the next start.
                    following.cancel()
                }
            }
        }
        return try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await announce(id, engine, step, directory, stop) }
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

    /// Asks all processes of a step with commands to end, and waits until they have or the grace is over. The engine's own
    /// signal reaches the first one's group: not what `timeout` or `setsid` started.
    /// - Returns: Whether they were asked.
    private static func ask(
        _ id: String, _ engine: DockerEngine, _ shell: String?, _ grace: Duration
    ) async throws(DockerError) -> Bool {
        guard let shell else { return false }
        do {
            // What waits in there ends with the container.
            let wait = "trap '' TERM; kill -TERM -1 || exit 1; sleep \(max(1, grace.components.seconds)); exit 0"
            let code = try await engine.execute([shell, "-c", wait], in: id)
            return code != 1 && code != 126 && code != 127
        } catch {
            // It has ended meanwhile, or the image's shell takes no such script.
            return false
        }
    }

    /// Says when a service or detached step works, and ends one that does not begin to.
    private func announce(
        _ id: String, _ engine: DockerEngine, _ step: StepRun, _ directory: String?, _ stop: @Sendable () -> Void
    ) async throws {
        guard step.isBackground else { return }
        guard let probe = step.step.ready else {
            step.ready()
            return
        }
        do {
            try await ContainerProbe(probe, directory: directory, engine: engine, http: containers.host.http)
                .wait(for: id)
            step.ready()
        } catch let failure as JobFailure {
            stop()
            throw failure
        }
    }
}

extension ContainerStep {
    /// How a step's container ended.
    struct Ending: Sendable {
        var state: ContainerDetails.State
        /// Whether it ended because it was told to.
        var wasStopped: Bool
        /// What is known better than its exit code tells.
        var hint: String?
        var wasOutOfMemory: Bool
        /// In bytes.
        var memoryLimit: Int64?

        /// What came of the step.
        func result(_ step: StepRun, _ folder: StepFolder) async throws(JobFailure) -> StepResult {
            let file = folder.written
            var memory: String?
            if wasOutOfMemory {
                let limit = memoryLimit.map { " of \($0 >> 20) MiB" } ?? ""
                let words = "out of memory: a process used more than the limit\(limit) and was killed"
                // Also where the step went on without that process: whether its work is any good nobody knows.
                await step.log.line(words)
                memory = words
            }
            if wasStopped { return try await step.result(of: .stopped(state.exitCode), outputs: file) }
            if let memory {
                return try await step.result(
                    of: .exited(state.exitCode), reason: memory, isTold: true, outputs: file)
            }
            if state.exitCode != 0, let reason = folder.script?.reason() {
                return try await step.result(of: .refused(state.exitCode, reason), outputs: file)
            }
            let reason = hint.map { "exit code \(state.exitCode): \($0)" }
            return try await step.result(
                of: .exited(state.exitCode), reason: reason ?? (state.problem.isEmpty ? nil : state.problem),
                outputs: file)
        }
    }
}

/// What came first: the end of a container, or the word that it is to end.
final class FirstEnd: Sendable {
    private let state = Mutex<Bool?>(nil)

    var isStop: Bool { state.withLock { $0 == true } }

    func comes(byStop: Bool) {
        state.withLock { $0 = $0 ?? byStop }
    }
}
