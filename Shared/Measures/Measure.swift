/// Everything of Slipway's own that `/metrics` of some service shows: what it is called there, what it counts and by what.
///
/// The names are Prometheus' (`_total` for what only grows, `_seconds` and `_bytes` for units), and stay as they are: alert
/// rules and dashboards go by them. The page "Metrics" is held to this table.
public enum Measure: String, CaseIterable, Sendable {
    // MARK: Of every service
    case build = "slipway_build_info"
    case brokerConnected = "slipway_broker_connected"
    case diskFree = "slipway_disk_free_bytes"
    case diskSize = "slipway_disk_size_bytes"
    case messages = "slipway_messages_total"
    case messageSeconds = "slipway_message_seconds"
    case outboxWaiting = "slipway_outbox_waiting"
    case outboxPublished = "slipway_outbox_published_total"
    case outboxFailed = "slipway_outbox_failed_total"
    case outboxSetAside = "slipway_outbox_set_aside"
    case connectionsCrowdedOut = "slipway_connections_crowded_out_total"

    // MARK: Of webhook-gateway
    case hooks = "slipway_hooks_total"
    case hookConnectionsCrowdedOut = "slipway_hook_connections_crowded_out_total"

    // MARK: Of pipeline
    case runs = "slipway_runs_total"
    case runsOpen = "slipway_runs_open"
    case jobs = "slipway_jobs"
    case jobsOldest = "slipway_jobs_oldest_seconds"
    case claimSeconds = "slipway_claim_seconds"
    case leasesLost = "slipway_leases_lost_total"
    case rolloutSeconds = "slipway_rollout_seconds"
    case queueMessages = "slipway_queue_messages"
    case workers = "slipway_workers"
    case deadLetters = "slipway_dead_letters"
    case deadLettersDropped = "slipway_dead_letters_dropped_total"
    case eventsDropped = "slipway_events_dropped_total"

    // MARK: Of builder and deployer
    case workerJobs = "slipway_jobs_total"
    case jobSeconds = "slipway_job_seconds"
    case stepSeconds = "slipway_step_seconds"
    case slotsStalled = "slipway_slots_stalled"

    // MARK: Of notifier
    case notificationsWaiting = "slipway_notifications_waiting"
    case notificationPosts = "slipway_notification_posts_total"

    public enum Kind: String, Sendable {
        /// Grows while its process lives.
        case counter
        case gauge
        /// How long something took, in buckets of seconds.
        case histogram
    }

    /// What it is, for who reads it.
    public struct Definition: Sendable {
        public var kind: Kind
        /// The labels that each of its series has.
        public var labels: [String]
        public var help: String

        init(_ kind: Kind, by labels: String..., help: String) {
            self.kind = kind
            self.labels = labels
            self.help = help
        }
    }
}
