public import Contracts
public import DockerEngine
public import Worker

extension RegistryCredentials {
    public init(_ login: RegistryLogin) {
        self.init(username: login.username, password: login.password)
    }
}

extension GrantedJob {
    /// The job's login for an image: the platform's, else one of the stage's `image_pull_secrets`.
    /// - Throws: `JobFailure` where it may be in a secret that is not there.
    public func credentials(for image: ImageReference) throws(JobFailure) -> RegistryCredentials? {
        try login(for: image.registry).map(RegistryCredentials.init)
    }

    /// All of the job's logins, by the registry's host.
    public var credentials: [String: RegistryCredentials] { registries.mapValues(RegistryCredentials.init) }
}
