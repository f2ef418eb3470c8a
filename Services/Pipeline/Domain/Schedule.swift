import Contracts
import Text

/// A schedule of a repository: when runs of the event `cron` start by themselves.
struct Schedule: Sendable, Equatable {
    /// Its own, by which ``trigger(due:)`` knows it: one that is made again after its removal is another one.
    var id: String
    var repository: RepositoryPath
    var name: String
    var expression: String
    /// The name of the time zone by whose clocks it goes.
    var zone: String
    /// `nil` for the default branch, whichever that is then.
    var branch: String?
    var parameters: [String: String] = [:]
    var missed = MissedFirings.catchUp
    /// Who has paused it; `nil` where it is not paused.
    var pausedBy: Caller?
    /// When it starts a run next; `nil` where it starts none, because it is paused or has a ``problem``.
    var next: Timestamp?
    /// What the clock said when that was found.
    var lookedAt: Timestamp
    /// Why it starts none any more, or did not the last time.
    var problem: String?
    var lastRun: RunID?
    /// When the newest run was due.
    var lastAt: Timestamp?
    var updatedBy: Caller
    var updatedAt: Timestamp

    /// What is later than that was missed: a restart of the service takes less.
    static let tolerance = Duration.seconds(300)

    /// A clock that says this much less than at the last look was put back. Those of machines that share a database differ by
    /// less.
    static let skew = Duration.seconds(60)

    /// As many a repository has at most.
    static let limit = 100

    /// What comes of a look at a schedule.
    enum Firing: Equatable {
        /// What was due then starts a run.
        case run(due: Timestamp)
        /// It was missed.
        case skip(due: Timestamp)
        /// Nothing is due: the clock was put back.
        case wait
        /// It starts none any more, for its ``Schedule/problem``.
        case stop
    }

    /// Who starts its runs.
    var caller: Caller { Caller(account: "the schedule \(name)") }

    /// What the run is known by that was due then, so that there are never two.
    func trigger(due: Timestamp) -> MessageID { MessageID(rawValue: "cron-\(id)-\(due.milliseconds)") }

    /// It is due, or the clock was put back: goes on to the next time after now.
    mutating func look(now: Timestamp, zone: Result<TimeZoneRules, Freeze.Malformed>) -> Firing {
        guard let due = next else { return .wait }
        do {
            try plan(after: now, zone: zone)
        } catch {
            stop("\(error)")
            return .stop
        }
        if due > now { return .wait }
        if missed == .skip, isMissed(due, now: now) { return .skip(due: due) }
        return .run(due: due)
    }

    /// Whether what was due then is later than a restart makes it.
    func isMissed(_ due: Timestamp, now: Timestamp) -> Bool { due.adding(Self.tolerance) < now }

    /// It starts no run until it can again: what is missing is there when the service is started, or it is saved.
    mutating func stop(_ reason: String) {
        next = nil
        problem = reason
    }

    /// Takes the place of an older one, of which what changes neither time nor place goes on.
    mutating func begin(insteadOf known: Schedule?, zone: Result<TimeZoneRules, Freeze.Malformed>) throws {
        if let known {
            (id, lastRun, lastAt, pausedBy) = (known.id, known.lastRun, known.lastAt, known.pausedBy)
            if known.expression == expression, known.zone == self.zone, let next = known.next {
                (self.next, lookedAt) = (next, known.lookedAt)
                return
            }
        }
        try plan(after: updatedAt, zone: zone)
        if pausedBy != nil { next = nil }
    }

    /// It starts no run until it is resumed; what is due meanwhile is not missed.
    mutating func pause(by caller: Caller) {
        pausedBy = caller
        next = nil
        problem = nil
    }

    mutating func resume(now: Timestamp, zone: Result<TimeZoneRules, Freeze.Malformed>) throws {
        try plan(after: now, zone: zone)
        pausedBy = nil
    }

    /// Finds when it is due next.
    mutating func plan(after now: Timestamp, zone: Result<TimeZoneRules, Freeze.Malformed>) throws {
        let (expression, zone) = (try CronExpression(expression), try zone.get())
        guard let seconds = expression.next(after: now.milliseconds.flooringQuotient(1000), zone: zone) else {
            throw CronExpression.Malformed(text: "“\(expression.text)” never comes")
        }
        next = Timestamp(milliseconds: seconds * 1000)
        lookedAt = now
        problem = nil
    }
}

extension Schedule {
    /// How many of the times to come are told.
    private static let told = 5

    /// - Parameters:
    ///   - zone: that of the schedule, as far as it can be read.
    ///   - isWhole: whether the values of its parameters are told.
    func view(in zone: Result<TimeZoneRules, Freeze.Malformed>, isWhole: Bool) -> ScheduleView {
        ScheduleView(
            repository: repository, name: name, expression: expression, zone: self.zone, branch: branch,
            parameters: isWhole ? parameters : nil, missed: missed, pausedBy: pausedBy, next: next,
            upcoming: upcoming(in: zone), problem: problem, lastRun: lastRun, lastAt: lastAt, updatedBy: updatedBy,
            updatedAt: updatedAt)
    }

    /// The times to come, as the clocks of its zone show them.
    private func upcoming(in zone: Result<TimeZoneRules, Freeze.Malformed>) -> [String] {
        guard let next, let zone = try? zone.get(), let expression = try? CronExpression(expression) else { return [] }
        var moments = [next.milliseconds.flooringQuotient(1000)]
        while moments.count < Self.told, let moment = expression.next(after: moments[moments.count - 1], zone: zone) {
            moments.append(moment)
        }
        return moments.map { zone.text(of: $0) }
    }
}

extension TimeZoneRules {
    /// A moment as the clocks show it, to the minute: `2026-11-28T03:30+01:00`.
    func text(of moment: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let offset = Int64(offset(at: moment))
        let local = moment + offset
        let (day, time) = (Civil(seconds: local), local.flooringRemainder(86_400))
        let (sign, size) = offset < 0 ? ("-", -offset) : ("+", offset)
        return "\(day.year)-\(two(Int64(day.month)))-\(two(Int64(day.day)))"
            + "T\(two(time / 3600)):\(two(time % 3600 / 60))"
            + (offset == 0 ? "Z" : "\(sign)\(two(size / 3600)):\(two(size % 3600 / 60))")
    }
}
