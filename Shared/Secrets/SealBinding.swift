public import Contracts

/// What a sealed value is bound to: in any other place it does not open.
public struct SealBinding: Codable, Sendable, Equatable {
    /// What a sealed value is for.
    public enum Purpose: String, Codable, Sendable {
        /// A secret that a pipeline names, `from_secret`.
        case step
        /// The token Git signs in with.
        case git
        /// The JSON of a registry login.
        case registry
        /// A mirror token in a job's grant.
        case mirror
    }

    /// The ``SealAudience`` that opens it.
    public var audience: String
    public var purpose: Purpose
    /// `nil` for what is kept for all repositories.
    public var repository: RepositoryPath?
    /// The secret's name, the registry's host, or the address that a token is sent to.
    public var name: String
    /// Of what travels in a job.
    public var run: RunID?
    public var job: JobID?

    private init(
        _ audience: SealAudience, _ purpose: Purpose, _ repository: RepositoryPath?, _ name: String, run: RunID? = nil,
        job: JobID? = nil
    ) {
        self.audience = audience.name
        self.purpose = purpose
        self.repository = repository
        self.name = name
        self.run = run
        self.job = job
    }

    /// A secret as the platform keeps it.
    /// - Parameter owner: the repository, or whatever else it is kept under; empty for a secret of all.
    public static func kept(secret name: String, of owner: String) -> SealBinding {
        SealBinding(.platform, .step, owner.isEmpty ? nil : RepositoryPath(rawValue: owner), name)
    }

    /// A registry login as the platform keeps it.
    public static func kept(registry host: String) -> SealBinding { SealBinding(.platform, .registry, nil, host) }

    /// Git's token of a repository as the platform keeps it.
    public static func kept(tokenOf repository: RepositoryPath, cloneURL: String) -> SealBinding {
        SealBinding(.platform, .git, repository, cloneURL)
    }

    /// Git's token of a repository on its way to sync.
    public static func token(of repository: RepositoryPath, cloneURL: String) -> SealBinding {
        SealBinding(.sync, .git, repository, cloneURL)
    }

    /// What travels in one job.
    public struct Grant: Sendable {
        public let audience: SealAudience
        let repository: RepositoryPath
        let run: RunID
        let job: JobID

        public init(job: JobID, run: RunID, repository: RepositoryPath, for audience: SealAudience) {
            self.audience = audience
            self.repository = repository
            self.run = run
            self.job = job
        }

        public init(_ grant: JobGrant, for audience: SealAudience) {
            self.init(job: grant.job, run: grant.run, repository: grant.repository, for: audience)
        }

        public func secret(_ name: String) -> SealBinding { bound(.step, name) }
        public func registry(_ host: String) -> SealBinding { bound(.registry, host) }
        /// The token of the mirror at an address.
        public func mirror(_ url: String) -> SealBinding { bound(.mirror, url) }

        private func bound(_ purpose: Purpose, _ name: String) -> SealBinding {
            SealBinding(audience, purpose, repository, name, run: run, job: job)
        }
    }

    /// What differs where a value that was sealed for this is to be opened as another; `nil` where nothing does.
    func difference(from other: SealBinding) -> String? {
        let parts = [
            ("for", audience, other.audience), ("as", purpose.rawValue, other.purpose.rawValue),
            ("of the repository", repository?.rawValue, other.repository?.rawValue), ("named", name, other.name),
            ("in the run", run?.rawValue, other.run?.rawValue), ("in the job", job?.rawValue, other.job?.rawValue),
        ].filter { $0.1 != $0.2 }
        guard !parts.isEmpty else { return nil }
        return parts.map { "\($0) “\($1 ?? "none")”, and is used \($0) “\($2 ?? "none")”" }.joined(separator: "; ")
    }
}
