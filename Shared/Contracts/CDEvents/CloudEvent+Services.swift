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
    ///   - url: where the environment can be seen, which is its `source`.
    public static func service(
        _ change: ServiceChange, _ service: String, environment: String, url: String? = nil, artifact: PackageURL,
        origin: EventOrigin
    ) -> CloudEvent {
        var place: [String: JSONValue] = ["id": .string(environment)]
        if let url { place["source"] = .string(url) }
        let type: EventType =
            switch change {
            case .deployed: .serviceDeployed
            case .upgraded: .serviceUpgraded
            case .rolledBack: .serviceRolledBack
            }
        return CloudEvent(
            type, origin, subject: service,
            content: ["environment": .object(place), "artifactId": .string(artifact.text)])
    }
}
