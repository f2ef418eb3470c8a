import Contracts
import DockerEngine
import FoundationEssentials
import HTTPClient
import Logging
import PipelineLanguage
import Worker

/// Does the rollouts of one cluster or host.
struct DeployExecutor: JobExecutor, StepRunner {
    let target: DeployTarget
    /// Its name, the same for each of its lives.
    let worker: String
    let http: HTTPClient
    let registry: RegistryClient
    let dockerSocket: String
    /// Whether containers may be in the network of a Docker host.
    let allowsHostNetwork: Bool
    /// How long a rollout may take that says no time of its own.
    let timeout: Duration
    let events: WorkerEvents
    let logger: Logger
    private let turns = ServiceTurns()

    /// A rollout in a cluster goes on by itself. One on a Docker host that ended with an earlier life of this worker may
    /// have stopped the old container and may never come again.
    func collectLeftovers() async {
        guard FileManager.default.isWritableFile(atPath: dockerSocket) else { return }
        for pause in [1, 2, 4, 8, 0] {
            do {
                let engine = try await DockerEngine.connect(socketPath: dockerSocket, client: http, logger: logger)
                return await ContainerReplacement.restore(of: worker, engine, http: http, logger: logger)
            } catch {
                logger.warning("interrupted rollouts cannot be looked for", metadata: ["error": "\(error)"])
            }
            do {
                try await Task.sleep(for: .seconds(pause))
            } catch {
                return
            }
        }
    }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        await run.steps(self)
    }

    func run(_ step: StepRun) async throws -> StepResult {
        try await events.telling(step) { try await deploy($0) }
    }

    private func deploy(_ step: StepRun) async throws -> StepResult {
        guard let deploy = step.step.deploy else {
            throw JobFailure("the step has no deploy block: there is nothing to roll out; run it again to plan it anew")
        }
        if let workload = deploy.workload { return try await rollOut(deploy, workload, step) }
        if let run = deploy.run { return try await replace(deploy, run, step) }
        throw JobFailure("the deploy block says neither a workload (deployment/web) nor how to run a container")
    }

    // MARK: - Kubernetes

    private func rollOut(_ deploy: Deploy, _ workload: Workload, _ step: StepRun) async throws -> StepResult {
        guard let client = target.kubernetes else {
            throw JobFailure(
                "this deployer has no cluster for “\(target.name)”; start it with SLIPWAY_KUBECONFIG or SLIPWAY_CLUSTERS"
            )
        }
        let grant = step.job.grant
        let registry = RegistryImages(registry: registry, logins: step.job.registries)
        let image = try await registry.resolve(deploy.image)
        if let tag = image.tag { await step.log.line("\(deploy.image): the tag \(tag) is \(image.reference)") }
        var wish = RolloutWish(
            workload: workload, namespace: deploy.namespace ?? client.access.namespace, container: deploy.container,
            image: image.reference, tag: image.tag, sequence: grant.sequence, job: grant.job, run: grant.run,
            owner: grant.repository.rawValue, commit: grant.commit.sha,
            cause: "run \(grant.run): \(grant.repository) at \(grant.commit.short)")
        // One job may have several tries of its step: each try is a rollout of its own.
        wish.job = Self.rollout(grant.job, try: step.number)
        wish.earlierTries = (1..<max(1, step.number)).map { Self.rollout(grant.job, try: $0) }
        wish.mayHaveBegun = grant.attempt > 1
        let time = RolloutTime(
            timeout: step.step.timeout, job: grant.timeoutSeconds, soak: deploy.soak, standard: timeout,
            undoes: deploy.rollback)
        var patience = RolloutWatch.Patience()
        patience.soak = .seconds(deploy.soak ?? 0)
        // Who gives a rollout little time has something that is up soon.
        patience.settle = min(patience.settle, time.allowed / 4)
        let rollout = KubernetesRollout(
            client: client, wish: wish, allowed: time.allowed, allowedUndo: time.undo, undoes: deploy.rollback,
            patience: patience, compare: registry.compare, stuck: step.stuck, log: step.log, logger: logger)
        let result = try await rollout.run()
        events.deployed(
            "\(wish.namespace)/\(workload)", deploy.environment, image: wish.image, isFirst: result.isFirst, step)
        return StepResult(
            success: true,
            outputs: [
                "image": wish.image, "revision": result.revision, "workload": "\(wish.namespace)/\(workload)",
            ])
    }

    private static func rollout(_ job: JobID, try number: Int) -> JobID {
        number > 1 ? JobID(rawValue: "\(job).\(number)") : job
    }

    // MARK: - A single host

    private func replace(_ deploy: Deploy, _ run: ContainerRun, _ step: StepRun) async throws -> StepResult {
        let grant = step.job.grant
        var environment: [String: String] = [:]
        for (name, value) in run.environment { environment[name] = try step.job.resolve(value) }
        let image: ImageReference
        let engine: DockerEngine
        do {
            image = try ImageReference(deploy.image)
            engine = try await DockerEngine.connect(socketPath: dockerSocket, client: http, logger: logger)
        } catch {
            throw JobFailure("\(error)")
        }
        let login = step.job.registries[image.registry].map {
            RegistryCredentials(username: $0.username, password: $0.password)
        }
        var replacement = ContainerReplacement(
            engine: engine, http: http, service: deploy.container, image: image,
            specification: try run.specification(
                image: image.description, environment: environment, allowsHostNetwork: allowsHostNetwork),
            order: run.order.map { $0 == .startFirst ? .startFirst : .stopFirst }, health: run.health, login: login,
            job: Self.rollout(grant.job, try: step.number),
            sequence: grant.sequence, worker: worker,
            labels: [
                DeployLabel.run: grant.run.rawValue, DeployLabel.commit: grant.commit.sha,
                DeployLabel.environment: deploy.environment, DeployLabel.owner: grant.repository.rawValue,
            ], log: step.log, logger: logger)
        replacement.stuck = step.stuck
        let time = RolloutTime(
            timeout: step.step.timeout, job: grant.timeoutSeconds, soak: nil, standard: .seconds(grant.timeoutSeconds),
            undoes: true)
        replacement.deadline = .now + time.allowed
        replacement.patience.soak = .seconds(deploy.soak ?? 0)
        if let drain = run.drain { replacement.patience.drain = .seconds(drain) }
        let result = try await turns.take(deploy.container) { [replacement] in try await replacement.run() }
        events.deployed(
            "docker/\(deploy.container)", deploy.environment, image: result.image, isFirst: result.isFirst, step)
        return StepResult(
            success: true,
            outputs: [
                "image": result.image, "revision": result.revision, "workload": "docker/\(deploy.container)",
            ])
    }
}
