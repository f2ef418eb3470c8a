import Containers
import Contracts
import Kubernetes
import Logging
import PipelineLanguage
import Runtime
import Worker

/// A Kubernetes cluster: the image of a workload's container is changed, and the cluster rolls it out by itself.
struct KubernetesTarget: RolloutTarget {
    static let takes = "a workload of a cluster (deployment/web)"

    static let kubeconfig = Setting<String>.text(
        "kubeconfig", "the kubeconfig of the default cluster; without one the cluster the deployer runs in",
        example: "/etc/slipway/production.kubeconfig")
    static let settings: [any AnySetting] = [kubeconfig]
    static let address = "the kubeconfig of a cluster"
    static let defaultAddress: Runtime.Setting<String>? = kubeconfig

    /// `nil` for a place without a cluster.
    private let client: KubernetesClient?
    private let cluster: ClusterIdentity?
    private let place: RolloutPlace

    init(_ place: RolloutPlace) throws {
        self.place = place
        let path =
            try place.cluster.address ?? (place.isDefault ? place.settings.optional(Self.kubeconfig) : nil)
        do {
            let access: ClusterAccess? =
                if let path {
                    try ClusterAccess.load(kubeconfig: path)
                } else {
                    place.isDefault ? try ClusterAccess.inCluster() : nil
                }
            client = access.map { KubernetesClient(access: $0, http: place.http, logger: place.logger) }
        } catch {
            let variable = place.cluster.address == nil ? Self.kubeconfig.variable : place.variable
            throw SettingsError(
                setting: variable, message: "\(variable): \(error)",
                remedy: "give a kubeconfig with a current context, such as the one kubectl uses")
        }
        cluster = client.map { ClusterIdentity($0) }
        if client == nil { place.logger.notice("no cluster is configured for this name: no workload is rolled out") }
    }

    var namespace: String? { client?.access.namespace }

    func identity() async -> String? { await cluster?.value() }

    func accept(_ deploy: Deploy, _ step: StepRun) async throws -> (any Rollout)? {
        guard let workload = deploy.workload else { return nil }
        guard let client else {
            throw JobFailure(
                "this deployer has no cluster for “\(place.cluster.name)”; start it with "
                    + (place.isDefault
                        ? Self.kubeconfig.variable : "\(place.variable)=\(place.cluster.name)=<its kubeconfig>"))
        }
        if let plugin = client.access.plugin {
            await step.log.line("asking \(plugin) for the cluster's credentials")
            do {
                try await client.signIn()
            } catch {
                throw JobFailure("nothing was changed: \(error)")
            }
            await cluster?.learn()
        }
        let grant = step.job.grant
        let registry = RegistryImages(registry: place.registry, login: step.job.pullCredentials)
        let image = try await registry.resolve(deploy.image)
        if let tag = image.tag { await step.log.line("\(deploy.image): the tag \(tag) is \(image.reference)") }
        var request = RolloutRequest(
            workload: workload, namespace: deploy.namespace ?? client.access.namespace, container: deploy.container,
            image: image.reference, tag: image.tag, sequence: grant.sequence, job: step.rollout, run: grant.run,
            runName: step.runName, ownership: step.ownership(of: deploy), commit: grant.commit.sha,
            cause: "\(step.runName) at \(grant.commit.short)")
        request.earlierTries = step.earlierRollouts
        request.mayHaveBegun = grant.attempt > 1
        let time = RolloutTime(
            timeout: step.step.timeout, job: grant.timeoutSeconds, soak: deploy.soak, standard: place.timeout,
            undoes: deploy.rollback)
        var patience = RolloutWatch.Patience()
        patience.soak = .seconds(deploy.soak ?? 0)
        // Who gives a rollout little time has something that is up soon.
        patience.settle = min(patience.settle, time.allowed / 4)
        return KubernetesRollout(
            client: client, request: request, allowed: time.allowed, allowedUndo: time.undo, undoes: deploy.rollback,
            patience: patience, compare: registry.compare, stuck: step.stuck, stopped: step.stopped, log: step.log,
            logger: place.logger)
    }
}
