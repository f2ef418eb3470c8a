extension CloudEvent {
    /// What became of a service in an environment.
    public enum ServiceChange: Sendable, CaseIterable {
        /// It runs there for the first time.
        case deployed
        /// A newer artifact took the place of an older one.
        case upgraded
        /// The older artifact is back.
        case rolledBack
    }

    /// A rollout came to its end and the service runs `artifact`.
    /// - Parameters:
    ///   - service: the workload, such as `shop/deployment/web`.
    ///   - environment: its name, such as `production`.
    public static func service(
        _ change: ServiceChange, _ service: String, environment: String, artifact: PackageURL, origin: EventOrigin
    ) -> CloudEvent {
        let type: EventType =
            switch change {
            case .deployed: .serviceDeployed
            case .upgraded: .serviceUpgraded
            case .rolledBack: .serviceRolledBack
            }
        return CloudEvent(
            type, origin, subject: service,
            content: ["environment": ["id": .string(environment)], "artifactId": .string(artifact.text)])
    }
}
