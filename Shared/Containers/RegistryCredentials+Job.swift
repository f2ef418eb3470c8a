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
    /// - Throws: `JobFailure` where it may be in a secret that the job does not get.
    public func credentials(
        for image: ImageReference, to use: RegistryUse = .pull
    ) throws(JobFailure) -> RegistryCredentials? {
        try login(for: image.path, at: image.registry, to: use).map(RegistryCredentials.init)
    }

    /// The same to pull it; where that is in a secret that the job does not get, the registry says what it does not give.
    @Sendable public func pullCredentials(for image: ImageReference) -> RegistryCredentials? {
        do { return try credentials(for: image) } catch { return nil }
    }
}
