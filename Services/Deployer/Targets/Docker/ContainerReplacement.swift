import Contracts
import DockerEngine
import HTTPClient
import Logging
import PipelineLanguage
import Text
import Worker

/// Replaces the container of a service on a single Docker host by one of another image, as ``ReplacementPlan`` says.
struct ContainerReplacement: Rollout {
    /// What a rollback begins with.
    struct Begun: Sendable {
        var plan: ReplacementPlan
        /// By its digest.
        var image: String
        var isInterrupted: Bool
        /// Whether any container was made or changed.
        var isChanged = true
    }

    let engine: DockerEngine
    let http: HTTPClient
    let service: String
    let image: ImageReference
    /// Its image is not looked at: it becomes what ``image`` stands for.
    let specification: ContainerSpecification
    let order: ReplacementPlan.Order?
    let health: Probe?
    let login: RegistryCredentials?
    let job: JobID
    let sequence: Int64?
    /// Who does it; see ``RolloutRecord``.
    let worker: String
    let ownership: Ownership
    /// What the platform let; `nil` where a container is only put back.
    let permit: RolloutPermit?
    /// Who rolls out what, for whoever looks at the container.
    let labels: [String: String]
    var patience = Patience()
    /// When the new one has to be well at the latest: what is left of the step's time after that is for the way back.
    var deadline: ContinuousClock.Instant?
    /// Told when the new container is stuck, and when it goes on: a newer rollout need not wait for the end of that.
    var stuck: @Sendable (String?) -> Void = { _ in }
    let log: any StepLog
    let logger: Logger

    struct Patience: Sendable {
        /// How long a container without any health check has to run, without being started again.
        var settling = Duration.seconds(10)
        /// How long the new one has to stay well before it takes the old one's place.
        var soak = Duration.zero
        /// How long the old one is left alone once the new one answers to the service's name, for those who have looked
        /// up its address before. The new one has to stay well for that time.
        var drain = Duration.seconds(5)
        /// How long a container that says nothing of it has between SIGTERM and SIGKILL.
        var grace = Duration.seconds(10)
    }

    var names: ServiceNames { ServiceNames(service) }
    var subject: String { "docker/\(service)" }
    var turn: String? { service }
    private var record: RolloutRecord { RolloutRecord(engine: engine, service: service, worker: worker) }

    /// A rollout that is cancelled puts the old container back while that runs. Once it has stopped for a new one that is
    /// well, the rollout is carried to its end.
    /// - Throws: `JobFailure` for people, or `CancellationError`; the old container runs then.
    func rollOut() async throws -> RolloutEnd<Begun> {
        do {
            try await checkOwner()
            let known = try await claim()
            var specification = specification
            specification.image = try await ServiceImage(
                engine: engine, image: image, login: login, log: log, logger: logger
            ).pull()
            try await checkMarks(of: specification.image)
            try await checkFolders(image: specification.image)
            let networks = try await engine.networks(labelled: [:])
            let named = { (text: String) throws(JobFailure) in try name(ofNetwork: text, among: networks) }
            specification.network = try specification.network.map(named)
            specification.moreNetworks = try specification.moreNetworks.map(named)
            return try await replace(specification, networks: Set(networks.map(\.name)), known: known)
        } catch let error as DockerError {
            if Task.isCancelled { throw CancellationError() }
            throw JobFailure("\(error)")
        }
    }

    /// Nothing that is another one's is touched, by whichever of the service's names it goes.
    private func checkOwner() async throws {
        for container in try await look().map(\.details) {
            let labels = container.labels
            let reason = ownership.refusal(
                of: "container \(container.name)", mark: labels[DeployLabel.owner],
                isForeign: labels[DeployLabel.service] == nil, options: "--container=\(ShellWord.quote(service))")
            if let reason { throw JobFailure(reason) }
        }
    }

    /// An image's labels become its containers': none is let that says whose a container is, or what became of it.
    private func checkMarks(of image: String) async throws {
        let marks = try await engine.inspectImage(image).labels.keys.filter {
            $0.hasPrefix(DeployLabel.prefix) && $0 != DeployLabel.repository
        }
        guard let mark = marks.min() else { return }
        throw JobFailure(
            "the image \(image) has the label “\(mark)”, which is one of the deployer's own; build it without")
    }

    /// What an environment allows is a folder, not what a link in its place leads to.
    func checkFolders(image: String) async throws {
        try await HostFolders(engine: engine, image: image, owner: "\(worker)/\(service)")
            .refuseLinks(in: specification.mounts)
    }

    /// As the engine finds it: by a name or, where none is called so, by the beginning of an id.
    private func name(ofNetwork text: String, among networks: [LabelledObject]) throws(JobFailure) -> String {
        guard !networks.contains(where: { $0.name == text }),
            let found = networks.first(where: { $0.id.hasPrefix(text) })?.name
        else { return text }
        // What is allowed is allowed by its name.
        guard !["host", "none", "bridge"].contains(found) else {
            throw JobFailure("the network \(text) is the engine's own “\(found)”; call it by that name")
        }
        if let reason = permit?.refusal(ofNetwork: found) {
            throw JobFailure("the network \(text) is “\(found)”, called by its id: \(reason)")
        }
        return found
    }

    /// Notes the rollout before anything changes: from here on no older one goes on.
    /// - Returns: The ids of the containers there were when it began, maybe with an earlier attempt.
    private func claim() async throws -> Set<String>? {
        try await checkName()
        guard let sequence else { return nil }
        if let newer = try await newest(), newer > sequence { throw JobFailure(await self.newer(newer)) }
        return try await record.write(
            sequence, labels: labels.merging([DeployLabel.job: job.rawValue]) { _, own in own },
            found: Set(try await look().map(\.details.id)))
    }

    private func newest() async throws(DockerError) -> Int64? {
        sequence == nil ? nil : try await record.newest()
    }

    // MARK: - Forward

    /// A step that failed because somebody else did something at the same time is decided anew so often.
    private static let tries = 5

    private func replace(
        _ specification: ContainerSpecification, networks: Set<String>, known: Set<String>?
    ) async throws -> RolloutEnd<Begun> {
        var plan = ReplacementPlan(
            service: service,
            wanted: .init(
                job: job.rawValue, sequence: sequence, fingerprint: try Fingerprint.of(specification), order: order,
                known: known))
        var failures = 0
        var isChanged = false
        var told: Set<String> = []
        while true {
            do {
                let found = try await look()
                if let problem = found.lazy.compactMap(\.sequenceProblem).first { throw JobFailure(problem) }
                await tell(found, &told)
                let kept = self.kept(found, specification, networks: networks)
                plan.wanted.resources = ServiceResources.wanted(by: kept.added(to: specification))
                plan.wanted.aliases = kept.aliases.mapValues { Set($0) }
                let step = plan.next(found.map(\.found), newest: try await newest())
                if case .done(let id, let isUnchanged) = step {
                    return .succeeded(
                        await done(id, specification.image, isFirst: !plan.hadOne, isUnchanged: isUnchanged))
                }
                if case .refuse(let refusal) = step { throw JobFailure(await words(refusal)) }
                if case .create(let stopping) = step {
                    // Where an old one goes on beside it, it has the aliases once it is well.
                    let isAlone =
                        stopping != nil || !found.contains { $0.found.place == .current && $0.found.isRunning }
                    let id = try await create(
                        specification, kept, replacing: found.map(\.details.id), stopping: stopping,
                        isAlone: isAlone, plan.wanted.fingerprint)
                    plan.took(.created(id))
                    isChanged = true
                    if let old = found.first(where: { $0.found.place == .current && $0.isByHand }) {
                        await tellLost(old, id)
                    }
                } else {
                    isChanged = isChanged || step.changes
                    if let event = try await perform(step) { plan.took(event) }
                }
            } catch let error as DockerError where [.conflict, .notFound].contains(error.code) && failures < Self.tries
            {
                failures += 1
                logger.debug("a step is decided anew", metadata: ["error": "\(error)"])
            } catch {
                let isInterrupted = error is CancellationError || Task.isCancelled
                let begun = Begun(
                    plan: plan, image: specification.image, isInterrupted: isInterrupted, isChanged: isChanged)
                if isInterrupted { return .interrupted(begun) }
                return .failed((error as? JobFailure)?.reason ?? "\(error)", begun)
            }
        }
    }

    /// Writes what the labels of containers should tell and do not, each once.
    private func tell(_ found: [ServiceContainer], _ told: inout Set<String>) async {
        for problem in found.flatMap(\.problems) where told.insert(problem).inserted { await log.line(problem) }
    }

    private func done(_ id: String, _ image: String, isFirst: Bool, isUnchanged: Bool) async -> RolloutResult {
        await log.line(
            isUnchanged
                ? "container \(service) runs \(image) with the same specification already: nothing is restarted"
                : "container \(service) is now \(id.prefix(12))")
        return RolloutResult(
            image: image, revision: String(id.prefix(12)), isFirst: isFirst, isUnchanged: isUnchanged)
    }

    private func perform(_ step: ReplacementPlan.Step) async throws -> ReplacementPlan.Event? {
        switch step {
        case .start(let id):
            try await start(id)
            await log.line("container \(id.prefix(12)) started")
            return .started(id)
        case .check(let id):
            try await check(id, settling: patience.settling, soak: patience.soak)
            return .well(id)
        case .confirm(let id): return try await confirm(id)
        case .stop(let id):
            await log.line("container \(id.prefix(12)) stops: it cannot run beside the other one")
            try await end(id)
        case .rename(let id, .leaving):
            do {
                try await rename(id, to: .leaving)
            } catch {
                guard error.code == .conflict else { throw error }
                return .cannotOverlap
            }
        case .rename(let id, let place): try await rename(id, to: place)
        case .join(let id, let aliases):
            try await join(id, aliases)
            try await check(id, settling: .zero)
            return .joined(id)
        case .drain(let id, let new): return try await drain(id, for: new) ? .drained(id) : nil
        case .end(let id), .remove(let id):
            do {
                if case .end = step { try await end(id) } else { try await remove(id) }
            } catch let error as DockerError where ![.conflict, .notFound, .cancelled].contains(error.code) {
                await log.line("the old container \(id.prefix(12)) cannot be removed: \(error)")
                return .cannotGo(id)
            }
        case .letGo(let id):
            try await Task.sleep(for: min(patience.drain, .seconds(2)))
            try await stop(id)
        case .rejoin(let id, let aliases):
            do {
                for (network, names) in aliases { try await answer(id, to: names, in: network) }
            } catch {
                await log.line("the old container \(id.prefix(12)) cannot answer as before: \(error)")
                return .cannotJoin(id)
            }
        case .startOld(let id):
            do {
                try await engine.startContainer(id)
                await log.line("the old container runs again")
            } catch {
                await log.line("the old container \(id.prefix(12)) cannot be started again: \(error)")
                return .cannotRun(id)
            }
        case .discard(let id): try await discard(id)
        case .create, .done, .refuse, .gaveUp: break
        }
        return nil
    }

    private func words(_ refusal: ReplacementPlan.Refusal) async -> String {
        switch refusal {
        case .newer(let number): await newer(number)
        case .ended(let id): "the new container was well, and \(await end(of: id)) before the old one was removed"
        case .replaced(let id):
            "container \(service) was changed by another hand since this rollout began: it is \(id.prefix(12)) now, and is "
                + "left as it is; run it again to replace that one"
        case .removed: "the new container of \(service) was removed by another hand"
        case .wouldBeGone(let id):
            "container \(service) (\(id.prefix(12))) has to stop first and was started with --rm: it would be gone, with "
                + "what it keeps in volumes without a name, and could not come back if the new one is not well. Start it "
                + "again without --rm, or remove it"
        }
    }

    private func newer(_ number: Int64) async -> String {
        var run = ""
        do {
            if let name = try await record.run(of: number) { run = " by \(name)" }
        } catch {
            logger.debug("the newer rollout's name cannot be read", metadata: ["error": "\(error)"])
        }
        return "a newer rollout of “\(service)”\(run) is there: number \(number), this one is \(sequence ?? 0)"
    }

    private func end(of id: String) async -> String {
        do {
            let state = try await engine.inspectContainer(id).state
            if state.wasOutOfMemory { return "was killed for using more memory than its limit" }
            return state.status == "running" ? "was started again" : "ended with exit code \(state.exitCode)"
        } catch {
            return "ended"
        }
    }

    // MARK: - Health

    private func check(_ id: String, settling: Duration, soak: Duration = .zero, pastRestarts: Int = 0) async throws {
        let health = ContainerHealth(
            engine: engine, http: http, id: id, probe: health, settling: settling, soak: soak,
            deadline: deadline, pastRestarts: pastRestarts, stuck: stuck, log: log)
        try await health.wait { [self] in
            if let sequence, let newer = try await newest(), newer > sequence {
                throw JobFailure(await self.newer(newer))
            }
        }
    }

    private func confirm(_ id: String) async throws -> ReplacementPlan.Event {
        do {
            // It has run for a while, and may have been started again before.
            let restarts = try await engine.inspectContainer(id).restartCount
            try await check(id, settling: .zero, pastRestarts: restarts)
            return .well(id)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            await log.line(
                "container \(service) runs this image already and is not well, so that it is replaced: \(error)")
            return .ill(id)
        }
    }

    // MARK: - Back

    /// Puts all back as it was. Runs to its end in a cancelled task too.
    func rollBack(_ begun: Begun) async -> RollbackOutcome {
        await Task { await putBack(begun) }.value
    }

    private func putBack(_ begun: Begun) async -> RollbackOutcome {
        var plan = begun.plan
        plan.giveUp(isInterrupted: begun.isInterrupted)
        var isChanged = begun.isChanged
        var failures = 0
        var told: Set<String> = []
        while true {
            do {
                let all = try await look()
                await tell(all, &told)
                let found = all.map(\.found)
                let step = plan.next(found)
                isChanged = isChanged || step.changes
                switch step {
                case .done(let id, _):
                    return .finished(
                        await done(id, begun.image, isFirst: !begun.plan.hadOne, isUnchanged: false))
                case .gaveUp(let restored):
                    guard isChanged else { return .notRolledBack("nothing was changed") }
                    if found.contains(where: plan.isForeign) {
                        return .notRolledBack("nothing of this rollout is left")
                    }
                    guard plan.hadOne else { return .notRolledBack("there was none before") }
                    return restored
                        ? .rolledBack("rolled back: container \(service) is the old one")
                        : .notRolledBack("the old container does not run")
                default: if let event = try await perform(step) { plan.took(event) }
                }
            } catch {
                failures += 1
                if failures > Self.tries { return .notRolledBack("it could not be rolled back: \(error)") }
            }
        }
    }

    func running() async throws -> RunningService? {
        let found = try await look().first { $0.found.place == .current && $0.found.isRunning }
        return found.map { RunningService(image: $0.details.image, revision: String($0.details.id.prefix(12))) }
    }
}
