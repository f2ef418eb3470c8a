/// A rollout: of a workload in a cluster, or of a container on a single Docker host.
public struct Deploy: Sendable, Hashable {
    /// What the step hands on: the image that runs now, and the target's revision of it.
    public static let outputs = ["image", "revision"]

    /// Such as `production`.
    public var environment: String
    /// The workload of a cluster, as `deployment/web`; `nil` with `run`.
    public var workload: Workload?
    /// The workload's namespace; `nil` for the one of the cluster's configuration.
    public var namespace: String?
    /// The container of the workload's pods, or the name of the container on the Docker host.
    public var container: String
    /// What to roll out, by digest where it comes from a build step: `${steps.image.reference}`.
    public var image: String
    /// Which cluster or host, by the name the deployers know; `nil` for the default one.
    public var cluster: String?
    /// How the container runs on a single Docker host; `nil` with `workload`.
    public var run: ContainerRun?
    /// Whether a rollout that fails is undone.
    public var rollback: Bool
    /// How long what is rolled out has to stay well before the rollout is a success, in seconds.
    public var soak: Int?

    public init(
        environment: String, workload: Workload? = nil, namespace: String? = nil, container: String, image: String,
        cluster: String? = nil, run: ContainerRun? = nil, rollback: Bool = true, soak: Int? = nil
    ) {
        self.environment = environment
        self.workload = workload
        self.namespace = namespace
        self.container = container
        self.image = image
        self.cluster = cluster
        self.run = run
        self.rollback = rollback
        self.soak = soak
    }
}

extension Deploy: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case environment, workload, namespace, container, image, cluster, run, rollback, soak
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        environment = try container.decode(String.self, forKey: .environment)
        workload = try container.decodeIfPresent(Workload.self, forKey: .workload)
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace)
        self.container = try container.decode(String.self, forKey: .container)
        image = try container.decode(String.self, forKey: .image)
        cluster = try container.decodeIfPresent(String.self, forKey: .cluster)
        run = try container.decodeIfPresent(ContainerRun.self, forKey: .run)
        rollback = try container.decode(.rollback, default: true)
        soak = try container.decodeIfPresent(Int.self, forKey: .soak)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(environment, forKey: .environment)
        try container.encodeIfPresent(workload, forKey: .workload)
        try container.encodeIfPresent(namespace, forKey: .namespace)
        try container.encode(self.container, forKey: .container)
        try container.encode(image, forKey: .image)
        try container.encodeIfPresent(cluster, forKey: .cluster)
        try container.encodeIfPresent(run, forKey: .run)
        try container.encode(rollback, forKey: .rollback, unless: true)
        try container.encodeIfPresent(soak, forKey: .soak)
    }
}
