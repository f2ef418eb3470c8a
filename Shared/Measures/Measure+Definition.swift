extension Measure {
    /// Its kind, its labels and its meaning.
    public var definition: Definition {
        switch self {
        case .build: Definition(.gauge, by: "service", "version", help: "1 for the version that runs.")
        case .brokerConnected:
            Definition(
                .gauge, by: "connection",
                help: "1 while messages, or logs, can be published and taken; 0 while the broker is away or has an "
                    + "alarm.")
        case .diskFree:
            Definition(.gauge, by: "folder", help: "What is free for the service where it keeps its state.")
        case .diskSize: Definition(.gauge, by: "folder", help: "The size of the file system where it keeps its state.")
        case .messages:
            Definition(
                .counter, by: "queue", "type", "outcome",
                help:
                    "Messages taken: handled, retried (come again), held (of a newer version), parked, returned, or passed "
                    + "(not for it).")
        case .messageSeconds:
            Definition(.histogram, by: "queue", "type", help: "From when a message was taken until it was settled.")
        case .outboxWaiting:
            Definition(.gauge, help: "Messages that are decided and that the broker has not confirmed yet.")
        case .outboxPublished: Definition(.counter, help: "Messages that the broker has confirmed.")
        case .outboxFailed: Definition(.counter, help: "Tries to publish that failed; each is tried again.")
        case .outboxSetAside:
            Definition(
                .gauge,
                help: "Messages that are decided and that this version cannot read: found since its start, and set "
                    + "aside.")
        case .connectionsCrowdedOut: Definition(.counter, help: "Connections ended because all places were taken.")
        case .hooks:
            Definition(
                .counter, by: "forge", "outcome",
                help: "Hooks answered: accepted, ignored (no push), refused (not verified) or failed (to come again).")
        case .hookConnectionsCrowdedOut:
            Definition(.counter, help: "Connections of hooks ended because all places were taken.")
        case .runs: Definition(.counter, by: "state", help: "Runs that have ended.")
        case .runsOpen: Definition(.gauge, help: "Runs that have not ended.")
        case .jobs:
            Definition(
                .gauge, by: "queue", "state",
                help: "Jobs that have not ended, by the queue of their pool or cluster: waiting (for approval or the "
                    + "end of a freeze), held (for another rollout), queued (for a worker) or leased (to one).")
        case .jobsOldest:
            Definition(.gauge, by: "queue", help: "For how long the job waits that has waited longest for a worker.")
        case .claimSeconds:
            Definition(
                .histogram, by: "granted",
                help: "From when a worker's claim of a job is taken until the decision is durable.")
        case .leasesLost:
            Definition(.counter, by: "kind", help: "Jobs taken from workers that were not heard of: build or rollout.")
        case .rolloutSeconds:
            Definition(
                .histogram, by: "environment", "outcome",
                help: "From the start of a rollout's step to its end: success, failure, cancelled or superseded.")
        case .queueMessages:
            Definition(
                .gauge, by: "queue",
                help:
                    "Messages that wait at the broker; in slipway.again.… they wait to come again, in those that end in "
                    + ".held for their service to be updated.")
        case .workers:
            Definition(
                .gauge, by: "queue", "state", help: "Workers that are heard of: ready, or unready by their own word.")
        case .deadLetters:
            Definition(.gauge, help: "Messages that nobody could handle and that wait for a person: slipway dead list.")
        case .deadLettersDropped: Definition(.counter, help: "Such messages beyond what is kept of one sender.")
        case .eventsDropped: Definition(.counter, help: "Events that no notifier took within a week, or one too many.")
        case .workerJobs: Definition(.counter, by: "outcome", help: "Jobs that have ended here.")
        case .jobSeconds:
            Definition(.histogram, by: "outcome", help: "From the claim of a job to the last report of it.")
        case .stepSeconds:
            Definition(
                .histogram, by: "kind", "outcome",
                help: "From the start of a step to its end, by what it is: commands, plugin, build or deploy.")
        case .slotsStalled:
            Definition(
                .gauge, by: "worker", help: "Slots that have waited too long for what should come soon; see readiness.")
        case .notificationsWaiting:
            Definition(.gauge, by: "address", help: "Events that an address has not been told yet.")
        case .notificationPosts:
            Definition(
                .counter, by: "address", "outcome",
                help: "Posts to an address: delivered, failed (comes again), given_up, or gone (told no more).")
        }
    }
}
