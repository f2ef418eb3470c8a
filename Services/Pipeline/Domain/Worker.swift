import Contracts
import Messaging

/// A builder or a deployer, as it announced itself.
struct Worker: Sendable, Equatable {
    var name: String
    var life: String
    var scope: WorkerScope
    var slots: Int
    var version: String
    /// Why it is not ready; `nil` where it is.
    var problem: String?
    /// When this life of it was first heard of, and when it was last.
    var since: Timestamp
    var heardAt: Timestamp
    /// The ids of the keys that it can open what is sealed with; `nil` of one of an earlier version.
    var keys: [String]?
    /// Who has it drained; `nil` where nobody has.
    var drainedBy: String?

    /// Why it is given no jobs, for people; `nil` where it is.
    var obstacle: String? {
        [problem, drainedBy.map { "is drained by \($0): it ends what it has and takes no more" }]
            .compactMap(\.self).first
    }

    /// What tells it from all others.
    struct Key: Sendable, Hashable {
        var queue: String
        var name: String
    }

    var key: Key { Key(queue: scope.queue, name: name) }

    /// How long it may be silent before it counts as gone: three announcements.
    static let patience = WorkerAnnounced.interval * 3

    /// How far in the future it may have been heard of: further is before the clock was set back, and what it has said since
    /// is not known.
    static let foresight = Duration.seconds(5)

    func isHeard(at now: Timestamp) -> Bool {
        heardAt.adding(Self.patience) > now && heardAt <= now.adding(Self.foresight)
    }

    func view(jobs: Int, now: Timestamp) -> WorkerView {
        WorkerView(
            name: name, kind: scope.cluster == nil ? .builder : .deployer, pool: scope.pool, cluster: scope.cluster,
            labels: scope.labels, slots: slots, jobs: jobs, version: version,
            drainedBy: drainedBy,
            problem: isHeard(at: now) ? obstacle : "was last heard of \(TimeText.ago(heardAt, now: now))",
            since: since, heardAt: heardAt)
    }
}

extension WorkerScope {
    /// The queue that wakes its workers.
    var queue: String { MessageMap.wakes(of: self).name }

    /// The labels in words.
    var labelText: String { labels.isEmpty ? Self.usualLabel : labels.joined(separator: ",") }
}
