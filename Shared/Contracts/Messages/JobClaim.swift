/// A worker asks for a job: worker → pipeline, answered at once with the best one that it may take.
public struct JobClaim: Request {
    public typealias Reply = JobClaimReply

    /// The code of the `Problem` that answers whoever's login is not given these jobs.
    public static let refusedLogin = "refused_login"

    /// What woke it, for a platform that gives the job of the wake; `nil` where nothing did.
    public var job: JobID?
    public var attempt: Int?
    /// The worker's own name, unique among running workers.
    public var worker: String
    /// What the answer is known by: asked again under the same id, which is done where no answer came, it is the same one.
    /// `nil` from a worker that only takes the job of its wake.
    public var id: String?
    /// The worker's life, as it announces it.
    public var life: String?
    /// Which jobs it takes; `nil` from a worker that only takes the job of its wake.
    public var scope: WorkerScope?
    /// Of a cluster's deployer: where the workloads are whose steps name no namespace.
    public var namespace: String?
    /// Of a cluster's deployer: what tells the cluster from all others, whatever name it goes by on the platform.
    public var cluster: String?
    /// The ids of the keys that it can open what is sealed with; `nil` from a worker of an earlier version, which opens what
    /// is bound to nothing.
    public var keys: [String]?

    public init(
        job: JobID? = nil, attempt: Int? = nil, worker: String, id: String? = nil, life: String? = nil,
        scope: WorkerScope? = nil, namespace: String? = nil, cluster: String? = nil, keys: [String]? = nil
    ) {
        self.job = job
        self.attempt = attempt
        self.worker = worker
        self.id = id
        self.life = life
        self.scope = scope
        self.namespace = namespace
        self.cluster = cluster
        self.keys = keys
    }
}

/// In JSON an object with one member, `granted` or `refused`.
public enum JobClaimReply: Sendable, Equatable {
    case granted(JobGrant)
    case refused(Refusal)

    public var isGranted: Bool {
        if case .granted = self { true } else { false }
    }

    /// Why a job is not given; the worker acks the wake and forgets it.
    public struct Refusal: Codable, Sendable, Equatable {
        public enum Code: String, Codable, Sendable, CaseIterable {
            case unknown, cancelled, superseded, taken, newerAttempt, finished
            /// No job waits that the worker may take.
            case nothing
            /// The worker has none of the keys that the platform could seal a job's secrets with.
            case noKey
        }

        public var code: Code
        public var reason: String

        public init(code: Code, reason: String) {
            self.code = code
            self.reason = reason
        }
    }
}

extension JobClaimReply: Codable {
    private enum CodingKeys: String, CodingKey {
        case granted, refused
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let grant = try container.decodeIfPresent(JobGrant.self, forKey: .granted) {
            self = .granted(grant)
        } else {
            self = .refused(try container.decode(Refusal.self, forKey: .refused))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .granted(let grant): try container.encode(grant, forKey: .granted)
        case .refused(let refusal): try container.encode(refusal, forKey: .refused)
        }
    }
}

/// The lease of a job and all a worker needs to do it.
public struct JobGrant: Codable, Sendable, Equatable {
    public var job: JobID
    public var run: RunID
    /// Counts grants of this job from 1; what an older attempt reports is ignored.
    public var attempt: Int
    /// What every report and every piece of a log bears, so that it is known to be of whom the job was granted to; `nil` from
    /// a platform of an earlier version.
    public var token: String?
    /// How long the lease holds without a ``JobHeartbeat``, in seconds. A worker beats three times as often.
    public var leaseSeconds: Int
    /// How long the job is kept for its worker after the lease, in seconds: the broker may be away for so long. `nil` from a
    /// platform that keeps it no longer.
    public var holdSeconds: Int?
    /// How long the whole job may take, in seconds.
    public var timeoutSeconds: Int
    public var repository: RepositoryPath
    public var commit: Commit
    public var ref: String
    /// The compiled stage: `Stage` of PipelineLanguage.
    public var stage: JSONValue
    /// The names of the stage's steps this job runs. Others ran before it, or will after it.
    public var steps: [String]
    /// How the steps that ran before this job ended, by step.
    public var outcomes: [String: StepOutcome]
    /// The other stages of the run that have failed; `nil` from a platform that does not tell.
    public var failedStages: [String]?
    /// What earlier steps handed on (`${steps.image.digest}`), by step, then by name.
    public var outputs: [String: [String: String]]
    /// What they did not hand on since it holds a secret, by step, then by name: what is in it; `nil` for nothing.
    public var dropped: [String: [String: String]]?
    /// The variables every step sees (`CI`, `DRONE_…`, `SLIPWAY_…`).
    public var environment: [String: String]
    /// The values of the process' parameters, for expressions that wait for what a step hands on; `nil` from a platform
    /// that sends none.
    public var parameters: [String: String]?
    /// The secrets the steps may name, by name.
    public var secrets: [String: SealedSecret]
    /// Those that only some images get, by name. They are none of ``secrets``, so that a worker which knows of no images
    /// gives them to nobody.
    public var imageSecrets: [String: ImageSecret]?
    /// Why the job does not get secrets that its steps name, by name; `nil` where it gets all there are.
    public var withheld: [String: String]?
    /// Logins by registry host that the job may use for whatever it wants, for workers that know no ``logins``; each opens
    /// to the JSON of ``RegistryLogin``.
    public var registries: [String: SealedSecret]
    /// The logins of the registries that its steps name, by ``RegistryPlace``; `nil` from a platform of an earlier version.
    public var logins: [String: LoginGrant]?
    /// Why the job does not get logins that its steps need, by ``RegistryPlace``.
    public var withheldLogins: [String: String]?
    /// Where the commit can be fetched; `nil` for a job that needs no source.
    public var source: SourceAccess?
    /// What the job may use; `nil` from a platform that sets no limits.
    public var limits: JobLimits?
    /// For a rollout: grows with every rollout of the same workload, so that an older one cannot win.
    public var sequence: Int64?
    /// For a rollout: what it may do, and where. `nil` from a platform that says nothing of it.
    public var permit: RolloutPermit?
    /// The trace that what is said of the job carries on: the wake may have been another job's. `nil` from a platform that
    /// gives the job of the wake.
    public var traceparent: String?

    public init(
        job: JobID, run: RunID, attempt: Int, token: String? = nil, leaseSeconds: Int, holdSeconds: Int? = nil,
        timeoutSeconds: Int, repository: RepositoryPath, commit: Commit, ref: String, stage: JSONValue, steps: [String],
        outcomes: [String: StepOutcome] = [:],
        failedStages: [String]? = nil, outputs: [String: [String: String]] = [:],
        dropped: [String: [String: String]]? = nil, environment: [String: String] = [:],
        parameters: [String: String]? = nil, secrets: [String: SealedSecret] = [:],
        imageSecrets: [String: ImageSecret]? = nil, withheld: [String: String]? = nil,
        registries: [String: SealedSecret] = [:], logins: [String: LoginGrant]? = nil,
        withheldLogins: [String: String]? = nil,
        source: SourceAccess? = nil, limits: JobLimits? = nil, sequence: Int64? = nil, permit: RolloutPermit? = nil,
        traceparent: String? = nil
    ) {
        self.job = job
        self.run = run
        self.attempt = attempt
        self.token = token
        self.leaseSeconds = leaseSeconds
        self.holdSeconds = holdSeconds
        self.timeoutSeconds = timeoutSeconds
        self.repository = repository
        self.commit = commit
        self.ref = ref
        self.stage = stage
        self.steps = steps
        self.outcomes = outcomes
        self.failedStages = failedStages
        self.outputs = outputs
        self.dropped = dropped
        self.environment = environment
        self.parameters = parameters
        self.secrets = secrets
        self.imageSecrets = imageSecrets
        self.withheld = withheld
        self.registries = registries
        self.logins = logins
        self.withheldLogins = withheldLogins
        self.source = source
        self.limits = limits
        self.sequence = sequence
        self.permit = permit
        self.traceparent = traceparent
    }
}

/// A registry login that a job may use.
public struct LoginGrant: Codable, Sendable, Equatable {
    /// Opens to the JSON of ``RegistryLogin``.
    public var sealed: SealedSecret
    public var uses: [RegistryUse]
    /// Whether commands of steps that run as processes may read it.
    public var commands: Bool

    public init(sealed: SealedSecret, uses: [RegistryUse], commands: Bool) {
        self.sealed = sealed
        self.uses = uses
        self.commands = commands
    }
}

/// A secret that only some images get.
public struct ImageSecret: Codable, Sendable, Equatable {
    public var sealed: SealedSecret
    /// Globs of the images' names, such as `plugins/docker`.
    public var images: [String]

    public init(sealed: SealedSecret, images: [String]) {
        self.sealed = sealed
        self.images = images
    }
}

/// What a job may use of the platform.
public struct JobLimits: Codable, Sendable, Equatable {
    /// How much is kept of what each of its steps prints, in bytes; `nil` for all of it.
    public var logBytes: Int64?

    public init(logBytes: Int64? = nil) {
        self.logBytes = logBytes
    }
}

/// A way to one commit in the mirror, for one job and a short time.
public struct SourceAccess: Codable, Sendable, Equatable {
    /// Such as `http://sync:8081/shop/web.git`.
    public var url: String
    /// Sent as `Authorization: Bearer`; valid for this repository only, until it expires.
    public var token: SealedSecret
    /// The repository's address at its forge, without credentials: the workspace's remote `origin`. `nil` from a platform
    /// that does not tell.
    public var cloneURL: String?

    public init(url: String, token: SealedSecret, cloneURL: String? = nil) {
        self.url = url
        self.token = token
        self.cloneURL = cloneURL
    }
}

/// What a registry login opens to.
public struct RegistryLogin: Codable, Sendable, Equatable {
    public var username: String
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}
