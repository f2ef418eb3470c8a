/// `GET /api/v1/environments/{name}`: a place that rollouts go to, with who may roll out what there. It is an object of the
/// platform: a pipeline only names it.
public struct EnvironmentView: Codable, Sendable, Equatable {
    public var name: String
    public var rules: EnvironmentRules
    /// Where it comes from, if no person made it.
    public var note: String?
    /// The account that changed it last.
    public var updatedBy: String
    public var updatedAt: Timestamp
    /// The workloads and containers that were given to a repository; absent where none was.
    public var adopted: [AdoptionView]?

    public init(
        name: String, rules: EnvironmentRules, note: String? = nil, updatedBy: String, updatedAt: Timestamp,
        adopted: [AdoptionView]? = nil
    ) {
        self.name = name
        self.rules = rules
        self.note = note
        self.updatedBy = updatedBy
        self.updatedAt = updatedAt
        self.adopted = adopted
    }
}

/// A workload or a container that was given to a repository, whatever owner's mark it bears.
public struct AdoptionView: Codable, Sendable, Equatable {
    /// As `default/shop/deployment/web`, or `default/container/web` on a Docker host.
    public var workload: String
    public var repository: RepositoryPath
    /// The account that gave it.
    public var adoptedBy: String
    public var adoptedAt: Timestamp

    public init(workload: String, repository: RepositoryPath, adoptedBy: String, adoptedAt: Timestamp) {
        self.workload = workload
        self.repository = repository
        self.adoptedBy = adoptedBy
        self.adoptedAt = adoptedAt
    }
}

/// `POST /api/v1/environments/{name}/adopt`: gives a workload or a container to a repository.
public struct AdoptionRequest: Codable, Sendable, Equatable {
    public var repository: RepositoryPath
    /// The environment's only one if absent, or `default`.
    public var cluster: String?
    /// The one of the cluster's configuration if absent.
    public var namespace: String?
    /// Such as `deployment/web`; absent for a container.
    public var workload: String?
    /// The name of a container on a Docker host.
    public var container: String?

    public init(
        repository: RepositoryPath, cluster: String? = nil, namespace: String? = nil, workload: String? = nil,
        container: String? = nil
    ) {
        self.repository = repository
        self.cluster = cluster
        self.namespace = namespace
        self.workload = workload
        self.container = container
    }
}

/// `PUT /api/v1/environments/{name}`: who may roll out what to an environment. Lists are globs where nothing else is said;
/// what a list does not name is refused, and a list that is absent is empty.
public struct EnvironmentRules: Codable, Sendable, Equatable {
    /// The clusters and Docker hosts it is on, by the names their deployers know; `default` if absent.
    public var clusters: [String]
    /// The namespaces it covers; if empty, the one of the cluster's configuration.
    public var namespaces: [String]
    /// The workloads it covers, such as `deployment/web`.
    public var workloads: [String]
    /// The names of containers on a Docker host that it covers.
    public var containers: [String]
    /// The repositories that may roll out to it.
    public var repositories: [String]
    /// The refs that may be rolled out, such as `refs/heads/main`; if empty, every branch and tag.
    public var refs: [String]
    /// The events that may; if empty, all but those of merge requests.
    public var events: [Event]
    /// How many people have to approve a rollout before it begins.
    public var approvals: Int
    /// The names of the accounts that may; if empty, every maintainer of the repository.
    public var approvers: [String]
    /// When nothing begins. Not globs.
    public var freezes: [FreezeWindow]
    /// What the texts of a `deploy` block may refer to.
    public var variables: [String: String]
    /// Where the result can be seen, for people.
    public var url: String?
    /// What a container on a Docker host may have.
    public var allows: ContainerAllowances
    /// The pool of deployers that roll out to it; `nil` for the usual one.
    public var pool: String?
    /// What a repository, by its path, has in the place of what the lists say for all; `nil` where none has.
    public var perRepository: [String: RepositoryRules]?

    public init(
        clusters: [String] = ["default"], namespaces: [String] = [], workloads: [String] = [],
        containers: [String] = [], repositories: [String] = [], refs: [String] = [], events: [Event] = [],
        approvals: Int = 0, approvers: [String] = [], freezes: [FreezeWindow] = [], variables: [String: String] = [:],
        url: String? = nil, allows: ContainerAllowances = ContainerAllowances(), pool: String? = nil,
        perRepository: [String: RepositoryRules]? = nil
    ) {
        self.clusters = clusters
        self.namespaces = namespaces
        self.workloads = workloads
        self.containers = containers
        self.repositories = repositories
        self.refs = refs
        self.events = events
        self.approvals = approvals
        self.approvers = approvers
        self.freezes = freezes
        self.variables = variables
        self.url = url
        self.allows = allows
        self.pool = pool
        self.perRepository = perRepository
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            repositories: try container.decode([String].self, forKey: .repositories),
            approvals: try container.decodeUnlessAbsent(Int.self, forKey: .approvals) ?? 0,
            approvers: try container.decodeUnlessAbsent([String].self, forKey: .approvers) ?? [],
            freezes: try container.decodeUnlessAbsent([FreezeWindow].self, forKey: .freezes) ?? [],
            variables: try container.decodeUnlessAbsent([String: String].self, forKey: .variables) ?? [:],
            url: try container.decodeUnlessAbsent(String.self, forKey: .url),
            pool: try container.decodeUnlessAbsent(String.self, forKey: .pool),
            perRepository: try container.decodeUnlessAbsent([String: RepositoryRules].self, forKey: .perRepository))
        ofRepository = try RepositoryRules(from: decoder)
    }
}

/// What one repository may do in an environment that others use too: it has these in the place of the environment's own,
/// and what others may is not its own. Approvals, freezes, variables and the pool are the environment's.
public struct RepositoryRules: Codable, Sendable, Equatable {
    public var clusters: [String]
    public var namespaces: [String]
    public var workloads: [String]
    public var containers: [String]
    public var refs: [String]
    public var events: [Event]
    public var allows: ContainerAllowances

    public init(
        clusters: [String] = ["default"], namespaces: [String] = [], workloads: [String] = [],
        containers: [String] = [], refs: [String] = [], events: [Event] = [],
        allows: ContainerAllowances = ContainerAllowances()
    ) {
        self.clusters = clusters
        self.namespaces = namespaces
        self.workloads = workloads
        self.containers = containers
        self.refs = refs
        self.events = events
        self.allows = allows
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clusters = try container.decodeUnlessAbsent([String].self, forKey: .clusters) ?? ["default"]
        namespaces = try container.decodeUnlessAbsent([String].self, forKey: .namespaces) ?? []
        workloads = try container.decodeUnlessAbsent([String].self, forKey: .workloads) ?? []
        containers = try container.decodeUnlessAbsent([String].self, forKey: .containers) ?? []
        refs = try container.decodeUnlessAbsent([String].self, forKey: .refs) ?? []
        events = try container.decodeUnlessAbsent([Event].self, forKey: .events) ?? []
        allows = try container.decodeUnlessAbsent(ContainerAllowances.self, forKey: .allows) ?? ContainerAllowances()
    }
}

extension EnvironmentRules {
    /// The rules that hold for a repository: its own, where it has some, and else those for all.
    public func rules(for repository: RepositoryPath) -> EnvironmentRules {
        guard let own = perRepository?[repository.rawValue] else { return self }
        var rules = self
        rules.perRepository = nil
        rules.repositories = [repository.rawValue]
        rules.ofRepository = own
        return rules
    }

    /// What of them a repository can have as its own.
    public var ofRepository: RepositoryRules {
        get {
            RepositoryRules(
                clusters: clusters, namespaces: namespaces, workloads: workloads, containers: containers, refs: refs,
                events: events, allows: allows)
        }
        set {
            clusters = newValue.clusters
            namespaces = newValue.namespaces
            workloads = newValue.workloads
            containers = newValue.containers
            refs = newValue.refs
            events = newValue.events
            allows = newValue.allows
        }
    }

    /// The repositories that have rules of their own, in order.
    public var ownRepositories: [String] { (perRepository ?? [:]).keys.sorted() }
}

/// A time at which no rollout begins; one that is under way goes on.
public struct FreezeWindow: Codable, Sendable, Equatable {
    public var name: String
    /// As `16:00` for every day, `fri 16:00` for every week, or `2026-12-20 00:00` once, by the clocks of the zone.
    public var from: String
    /// Of the same form.
    public var until: String
    /// Such as `Europe/Berlin`.
    public var zone: String

    public init(name: String, from: String, until: String, zone: String) {
        self.name = name
        self.from = from
        self.until = until
        self.zone = zone
    }
}

/// Whether a person lets a rollout go that waits for it: `POST /api/v1/runs/{run}/steps/{step}/verdict`.
public struct VerdictRequest: Codable, Sendable, Equatable {
    public var approves: Bool
    /// Why, for people.
    public var reason: String?

    public init(approves: Bool, reason: String? = nil) {
        self.approves = approves
        self.reason = reason
    }
}

/// A rollout that waits to be approved, or that is held by a freeze and may be refused meanwhile.
public struct ApprovalView: Codable, Sendable, Equatable {
    public var environment: String
    /// How many have to approve.
    public var needed: Int
    /// The names of the accounts that may, as globs, and groups of the sign-in provider behind an “@”; if empty, every
    /// maintainer of the repository.
    public var approvers: [String]
    /// Who has.
    public var given: [VerdictView]
    /// When the freeze ends that holds it; `nil` while it waits to be approved.
    public var until: Timestamp?

    public init(
        environment: String, needed: Int, approvers: [String], given: [VerdictView], until: Timestamp? = nil
    ) {
        self.environment = environment
        self.needed = needed
        self.approvers = approvers
        self.given = given
        self.until = until
    }
}

/// What one person said of a rollout.
public struct VerdictView: Codable, Sendable, Equatable {
    /// The account.
    public var name: String
    public var approves: Bool
    public var reason: String?
    public var at: Timestamp
    /// The group of the sign-in provider as one of which they may; absent where they may themselves.
    public var group: String?

    public init(name: String, approves: Bool, reason: String? = nil, at: Timestamp, group: String? = nil) {
        self.name = name
        self.approves = approves
        self.reason = reason
        self.at = at
        self.group = group
    }
}

/// What a container on a Docker host may have; all lists are empty by default, and what they do not name is refused.
public struct ContainerAllowances: Codable, Sendable, Equatable {
    /// Named volumes (globs), and folders of the host by their whole path.
    public var volumes: [String]
    /// Networks (globs). `host` only by its name; the engine's default network needs no entry.
    public var networks: [String]
    /// Ports of the host, as `8080`, `8000-8010` or `127.0.0.1:8080`; 0 is any that is free. Without an address it is for
    /// every address.
    public var ports: [String]
    /// Users the container may run as in place of the image's own.
    public var users: [String]
    /// Labels by their names, or as `name=value`. Those of Slipway and of the engine's own tools are nobody's.
    public var labels: [String]
    /// Names in its networks besides its own.
    public var aliases: [String]
    /// Log drivers besides those that keep what it prints on the host: the engine, as root, connects to where they say.
    public var logDrivers: [String]

    public init(
        volumes: [String] = [], networks: [String] = [], ports: [String] = [], users: [String] = [],
        labels: [String] = [], aliases: [String] = [], logDrivers: [String] = []
    ) {
        self.volumes = volumes
        self.networks = networks
        self.ports = ports
        self.users = users
        self.labels = labels
        self.aliases = aliases
        self.logDrivers = logDrivers
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        volumes = try container.decodeUnlessAbsent([String].self, forKey: .volumes) ?? []
        networks = try container.decodeUnlessAbsent([String].self, forKey: .networks) ?? []
        ports = try container.decodeUnlessAbsent([String].self, forKey: .ports) ?? []
        users = try container.decodeUnlessAbsent([String].self, forKey: .users) ?? []
        labels = try container.decodeUnlessAbsent([String].self, forKey: .labels) ?? []
        aliases = try container.decodeUnlessAbsent([String].self, forKey: .aliases) ?? []
        logDrivers = try container.decodeUnlessAbsent([String].self, forKey: .logDrivers) ?? []
    }
}
