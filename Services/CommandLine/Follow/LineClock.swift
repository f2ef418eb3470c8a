import Contracts

/// Tells when a line of a log was written. The platform is asked for a stretch of the log at a time.
actor LineClock {
    /// Stands for a moment that nobody noted.
    static let unknown = "-"

    private let client: APIClient
    private let run: RunID
    private var known: [Int: (attempt: Int, from: Int64, times: LogTimes)] = [:]

    init(client: APIClient, run: RunID) {
        self.client = client
        self.run = run
    }

    /// The same for people: RFC 3339 in UTC, or `-`.
    func stamp(of line: LineAssembler.Line, step: StepView) async throws -> String {
        try await time(of: line.offset, step: step).map { "\($0)" } ?? Self.unknown
    }

    /// When the byte at an offset of a step's log was written; `nil` where nobody noted it.
    func time(of offset: Int64, step: StepView) async throws -> Timestamp? {
        if let found = known[step.id], found.attempt == step.attempt, (found.from..<found.times.end).contains(offset) {
            return found.times.time(of: offset)
        }
        let times = try await client.logTimes(of: run, step: step, from: offset)
        known[step.id] = (step.attempt, offset, times)
        return times.time(of: offset)
    }
}
