import Contracts

/// When the heads of which repository are asked for, as a value. It goes by a clock that nobody sets, and is made anew at
/// each start.
struct HeadsSchedule {
    /// How far the comparison of a repository is.
    struct Standing: Sendable, Equatable {
        var repository: RepositoryPath
        /// Whether the last request was answered.
        var isAnswered: Bool
        /// Grows with each answer.
        var answers: Int
        /// Whether a head was found that no push told of yet.
        var hasSuspects: Bool
    }

    private struct Entry {
        var answers: Int
        var isAnswered: Bool
        var due: ContinuousClock.Instant
        /// When they were last asked for in this life.
        var asked: ContinuousClock.Instant?
    }

    /// An answer that has not come by then is lost.
    static let answerLimit = Duration.seconds(3600)

    /// How often each repository's are asked for.
    let interval: Duration
    /// How long a hook may take.
    let patience: Duration
    private var entries: [RepositoryPath: Entry] = [:]
    private var isFirst = true

    init(interval: Duration, patience: Duration) {
        self.interval = interval
        self.patience = patience
    }

    /// Takes over how far the comparisons are.
    /// - Parameter fraction: a random number from 0 to 1, so that not all are asked for at once.
    mutating func note(
        _ standings: [Standing], now: ContinuousClock.Instant, fraction: () -> Double = { .random(in: 0...1) }
    ) {
        var entries: [RepositoryPath: Entry] = [:]
        for standing in standings {
            // At a start all are there at once, and what hooks brought meanwhile has to be worked off first; a repository
            // that comes later is looked at before much is pushed to it.
            var entry =
                self.entries[standing.repository]
                ?? Entry(
                    answers: standing.answers, isAnswered: true,
                    due: isFirst ? now + patience + max(.zero, interval - patience) * fraction() : now)
            if standing.answers != entry.answers {
                entry.answers = standing.answers
                if standing.hasSuspects { entry.due = now + patience }
            }
            entry.isAnswered = standing.isAnswered
            entries[standing.repository] = entry
        }
        self.entries = entries
        isFirst = false
    }

    /// Takes those that are to be asked for now. One whose last answer has not come is left alone.
    mutating func takeDue(
        now: ContinuousClock.Instant, fraction: () -> Double = { .random(in: 0...1) }
    ) -> [RepositoryPath] {
        var due: [RepositoryPath] = []
        for (repository, entry) in entries.sorted(by: { $0.key < $1.key }) where entry.due <= now {
            entries[repository]?.due = now + interval * (0.8 + 0.4 * fraction())
            if !entry.isAnswered, let asked = entry.asked, asked + Self.answerLimit > now { continue }
            entries[repository]?.asked = now
            entries[repository]?.isAnswered = false
            due.append(repository)
        }
        return due
    }

    /// When the next are due; `nil` where there are none.
    var next: ContinuousClock.Instant? { entries.values.map(\.due).min() }
}
