import Contracts
import Secrets

/// What the engine needs to know beside the database.
struct EngineConfiguration: Sendable {
    /// How long a worker may be silent before its job goes to another.
    var terms = LeaseTerms()
    /// How long a job may take where its stage says nothing, in seconds.
    var timeLimit = 3600
    /// How long a job may wait in its queue for a worker, in hours.
    var queueHours = 24
    var quotas = Quotas()
    /// How often the heads of each repository are compared with the pushes that arrived; zero for never.
    var headsInterval = Duration.seconds(300)
    /// How long a hook may take until its push is made up.
    var headsPatience = Duration.seconds(120)
    var retention = Retention()
    /// Where people reach this service, such as `https://slipway.example`.
    var publicURL: String
    let keys: KeyRing
    let mirrorTokens: MirrorToken
    let grantTokens: GrantToken
    /// Until when workers of an earlier version may report, whose messages bear neither a login nor a grant's token.
    var unsignedUntil: Timestamp?
    /// Until when services of an earlier version, which say nothing of their keys, are sent what is bound to its purpose
    /// alone.
    var unboundUntil: Timestamp?

    /// Seals for a service.
    /// - Parameter receiver: the ids of the keys that it has; `nil` for one of an earlier version.
    func handover(to receiver: [String]?, now: Timestamp = .now) -> Handover {
        Handover(
            keys: keys, receiver: receiver,
            isUnbound: receiver == nil && (unboundUntil.map { now < $0 } ?? false))
    }

    var comparesHeads: Bool { headsInterval > .zero }

    /// The host part of ``publicURL``, which conditions know as the instance.
    var instance: String {
        let rest = publicURL.split(separator: "/", omittingEmptySubsequences: true)
        return rest.count > 1 ? String(rest[1]) : publicURL
    }
}
