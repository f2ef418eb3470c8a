/// `PUT /api/v1/repositories/{path}/retention`: how long a repository's ended runs are kept, where it is not as the platform's
/// settings say. What is absent is as they say, and 0 is no limit.
public struct RetentionRules: Codable, Sendable, Equatable {
    /// For how many days a run is kept after its end.
    public var days: Int?
    /// How many runs are kept.
    public var runs: Int?
    /// How long the logs of all of them may be together, in MiB.
    public var logMebibytes: Int?

    public init(days: Int? = nil, runs: Int? = nil, logMebibytes: Int? = nil) {
        self.days = days
        self.runs = runs
        self.logMebibytes = logMebibytes
    }

    /// Whether all is as the platform's settings say.
    public var isEmpty: Bool { self == RetentionRules() }

    /// `30 days, 100 runs`
    public var summary: String {
        func words(_ count: Int?, _ what: String) -> String? {
            count.map { $0 == 0 ? "any number of \(what)" : "\($0) \(what)" }
        }
        let limits = [words(days, "days"), words(runs, "runs"), words(logMebibytes, "MiB of logs")]
        return limits.compactMap(\.self).joined(separator: ", ")
    }
}

/// `GET /api/v1/retention`: how long ended runs are kept, and what is not kept any more.
public struct RetentionView: Codable, Sendable, Equatable {
    /// Runs of one repository that go.
    public struct Leaving: Codable, Sendable, Equatable {
        public var repository: RepositoryPath
        public var runs: Int
        /// How long their logs are together.
        public var logBytes: Int64
        /// When the first of them was made, and the last.
        public var oldest: Timestamp
        public var newest: Timestamp

        public init(
            repository: RepositoryPath, runs: Int, logBytes: Int64, oldest: Timestamp, newest: Timestamp
        ) {
            self.repository = repository
            self.runs = runs
            self.logBytes = logBytes
            self.oldest = oldest
            self.newest = newest
        }
    }

    /// The platform's limits; 0 is none.
    public var days: Int
    public var runs: Int
    public var logMebibytes: Int
    /// For how many days the last good run of a branch is kept that is not the default one.
    public var branchDays: Int
    /// What goes, by repository.
    public var leaving: [Leaving]
    /// How many processes go that no other run and no component refers to.
    public var processes: Int
    /// How many parked messages go.
    public var parked: Int

    public init(
        days: Int, runs: Int, logMebibytes: Int, branchDays: Int, leaving: [Leaving], processes: Int, parked: Int
    ) {
        self.days = days
        self.runs = runs
        self.logMebibytes = logMebibytes
        self.branchDays = branchDays
        self.leaving = leaving
        self.processes = processes
        self.parked = parked
    }
}
