import Containers
import Contracts
import DockerEngine
import FoundationEssentials
import HTTPClient
import Logging
import PipelineLanguage
import Runtime
import Worker

/// A single host with a Docker Engine: the container of a service is replaced by one of another image.
struct DockerTarget: RolloutTarget {
    static let takes = "how to run a container on a Docker host (run)"

    static let socket = Setting<String>.text(
        "docker.socket", "the Docker Engine of this host", example: "/var/run/docker.sock",
        default: "/var/run/docker.sock")
    static let trusted = Setting<Bool>.flag(
        "docker.trusted", "whether containers may be in the network of the Docker host (network: host)", default: false)
    static let settings: [any AnySetting] = [socket, trusted]
    static let address = "none for the Docker host"

    private let socketPath: String
    private let isTrusted: Bool
    private let place: RolloutPlace

    init(_ place: RolloutPlace) throws {
        self.place = place
        socketPath = try place.settings.value(Self.socket)
        isTrusted = try place.settings.value(Self.trusted)
    }

    /// A rollout that ended with an earlier life of this worker may have stopped the old container.
    func recover() async {
        guard FileManager.default.isWritableFile(atPath: socketPath) else { return }
        for pause in [1, 2, 4, 8, 0] {
            do {
                return await ContainerReplacement.restore(
                    of: place.worker, try await connect(), http: place.http, logger: place.logger)
            } catch {
                place.logger.warning("interrupted rollouts cannot be looked for", metadata: ["error": "\(error)"])
            }
            do {
                try await Task.sleep(for: .seconds(pause))
            } catch {
                return
            }
        }
    }

    func accept(_ deploy: Deploy, _ step: StepRun) async throws -> (any Rollout)? {
        guard deploy.workload == nil, let run = deploy.run else { return nil }
        let grant = step.job.grant
        let environment = try run.environment.mapValues { try step.resolve($0) }
        let image: ImageReference
        let engine: DockerEngine
        let login: RegistryCredentials?
        do {
            image = try ImageReference(deploy.image)
            login = try step.job.credentials(for: image)
            try await place.registry.check(login, for: image)
            engine = try await connect()
        } catch {
            throw JobFailure("\(error)")
        }
        var replacement = ContainerReplacement(
            engine: engine, http: place.http, service: deploy.container, image: image,
            specification: try run.specification(
                image: image.description, environment: environment, allowsHostNetwork: isTrusted),
            order: run.order.map { $0 == .startFirst ? .startFirst : .stopFirst }, health: run.health, login: login,
            job: step.rollout, sequence: grant.sequence, worker: place.worker, ownership: step.ownership(of: deploy),
            permit: grant.permit,
            labels: [
                DeployLabel.run: grant.run.rawValue, DeployLabel.runName: step.runName,
                DeployLabel.commit: grant.commit.sha,
                DeployLabel.environment: deploy.environment, DeployLabel.owner: grant.repository.rawValue,
            ], log: step.log, logger: place.logger)
        replacement.stuck = step.stuck
        let time = RolloutTime(
            timeout: step.step.timeout, job: grant.timeoutSeconds, soak: nil, standard: .seconds(grant.timeoutSeconds),
            undoes: true)
        replacement.deadline = .now + time.allowed
        replacement.patience.soak = .seconds(deploy.soak ?? 0)
        if let drain = run.drain { replacement.patience.drain = .seconds(drain) }
        return replacement
    }

    private func connect() async throws -> DockerEngine {
        try await DockerEngine.connect(socketPath: socketPath, client: place.http, logger: place.logger)
    }
}
