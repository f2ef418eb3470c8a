/// What a watch is told, what it answers, and how patient it is.
extension RolloutWatch {
    enum Event {
        case workload(WorkloadObject)
        case workloadDeleted
        /// All pods there are.
        case pods([PodObject])
        case pod(PodObject)
        case podDeleted(PodObject)
        /// What the registry says of what a pod runs.
        case compared(running: String, RunningImage.Comparison)
        /// Which of a Deployment's pods are of this revision, by the hash they bear; `nil` where that cannot be told.
        case revision(String, hash: String?)
        /// Nothing has been heard of these for a while, for this reason. When they are heard again, all is told anew.
        case away(Source, String)
        case tick
    }

    enum Source: Sendable { case workload, pods }

    enum Action: Equatable {
        case write(String)
        /// It is stuck, for this reason, or no longer.
        case stuck(String?)
        /// Ask the registry whether this is another name of what was rolled out.
        case compare(running: String)
        /// Find the hash of the pods of this revision of a Deployment.
        case findPods(revision: String)
        /// Remove a pod of another revision that keeps a StatefulSet from going on.
        case remove(pod: String, uid: String?, reason: String)
        case succeeded
        case failed(Failure)
    }

    struct Failure: Equatable, Sendable {
        /// For people: what is wrong.
        var reason: String
        /// Whether somebody else has the workload now, so that there is nothing of ours to undo.
        var isReplaced = false
        /// Whose events and last log may tell more, the worst first.
        var suspects: [Suspect] = []

        struct Suspect: Equatable, Sendable {
            var pod: String
            var uid: String?
            var container: String?
            /// Whether it ran, so that its last log may tell why.
            var hasLog: Bool
            /// Whether this rollout made it.
            var isOwn = true
            /// In a line of the log.
            var state = ""
        }
    }

    /// How long things are waited for.
    struct Patience: Sendable, Equatable {
        /// Multiplies how long troubles may last; tests are less patient.
        var factor = 1.0
        /// How long a container without a probe runs before it counts as up.
        var settle = Duration.seconds(10)
        /// How long the whole goes on being well before it is a success.
        var soak = Duration.zero
        /// How long nothing moves before it counts as stuck.
        var stillness = Duration.seconds(30)

        static let replicas = Duration.seconds(15)
    }
}
