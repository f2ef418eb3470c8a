import Contracts
import Logging
import Messaging
import Storage
import TestSupport
import Testing
import Text

@testable import Pipeline

/// Schedules on a database: what is due starts one run, whoever looks and whatever the clock does.
@Suite struct CronTests {
    private static let path = PlatformFixture.path

    /// - Returns: when it is due.
    @discardableResult
    private func save(
        _ expression: String = "30 3 * * *", as name: String = "nightly", missed: MissedFirings? = nil,
        branch: String? = nil, parameters: [String: String]? = nil, on platform: PlatformFixture
    ) async throws -> Timestamp {
        let saved = try await platform.operations.schedules.save(
            ScheduleRequest(
                expression: expression, zone: "Europe/Berlin", branch: branch, parameters: parameters, missed: missed),
            as: name, of: Self.path, by: platform.principal)
        return try #require(saved.view.next)
    }

    private func schedules(_ platform: PlatformFixture) async throws -> [ScheduleView] {
        try await platform.operations.schedules.all(of: Self.path, as: platform.principal)
    }

    private func fire(_ platform: PlatformFixture, at now: Timestamp) async throws {
        try await platform.engine.expire(now: now)
    }

    /// The platform's timer looks then: it fires where it says that there is something to do.
    private func look(_ platform: PlatformFixture, at now: Timestamp) async throws {
        guard let next = try await platform.engine.nextDeadline(now: now), next <= now else { return }
        try await fire(platform, at: now)
    }

    /// When what started its runs was due, in minutes after a moment, the oldest first.
    private func fired(_ platform: PlatformFixture, after start: Timestamp) async throws -> [Int64] {
        try await platform.runs().reversed().asyncMap { run in
            let trigger = try await platform.store.read { try $0.runs.details(run.id)?.trigger.id.rawValue ?? "" }
            let due = try #require(trigger.split(separator: "-").last.flatMap { Int64($0) })
            return (due - start.milliseconds) / 60_000
        }
    }

    @Test func `What is due starts one run, however many look`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save(branch: "release", parameters: ["deep": "yes"], on: platform)
            #expect(try await platform.engine.nextDeadline() == due)
            try await fire(platform, at: due.adding(.milliseconds(-1)))
            #expect(try await platform.runs().isEmpty)
            let other = RunEngine(
                store: platform.store, configuration: platform.engine.configuration, logger: Logger(label: "other"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in [platform.engine, other, platform.engine, other] {
                    group.addTask { try await engine.fireSchedules(now: due) }
                }
                try await group.waitForAll()
            }
            let runs = try await platform.runs()
            let run = try #require(runs.first)
            #expect(runs.count == 1)
            #expect(run.event == .cron && run.ref == "refs/heads/release" && run.byHand == nil)
            #expect(run.startedBy == Caller(account: "the schedule nightly"))
            let details = try await platform.store.read { try $0.runs.details(run.id) }
            #expect(details?.trigger.cron == "nightly" && details?.trigger.parameters == ["deep": "yes"])
            #expect(try await platform.sentWork().count { $0.hasPrefix("SyncRequested") } == 1)
            let schedule = try #require(try await schedules(platform).first)
            #expect(schedule.lastRun == run.id && schedule.lastAt == due)
            let next = try #require(schedule.next)
            #expect(next > due)
            #expect(try await platform.engine.nextDeadline(now: due) == next)
        }
    }

    /// Two of them saw it due before either had it go on: the second changes nothing, and could not make the run.
    @Test func `Who comes second finds it gone on, and its run made`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save(on: platform)
            let known = try await platform.store.read { try #require(try $0.schedules.find("nightly", of: Self.path)) }
            try await fire(platform, at: due)
            var behind = known
            #expect(behind.look(now: due, zone: platform.engine.zones.read("Europe/Berlin")) == .run(due: due))
            let stale = behind
            let isAdvanced = try await platform.store.write(now: due) { transaction in
                try transaction.schedules.advance(stale, from: known)
            }
            #expect(!isAdvanced)
            // Even a schedule that is due once more, as by a database that was turned back, makes no second run of it.
            try await platform.store.write(now: due) { try $0.schedules.save(known) }
            try await fire(platform, at: due)
            #expect(try await platform.runs().count == 1)
            // What makes that hold is a key of the database's, also of what is written past all checks.
            let error = await #expect(throws: StoreError.self) {
                try await platform.store.write(now: due) { transaction in
                    let repository = try #require(try transaction.repositories.find(Self.path))
                    _ = try platform.engine.requestRun(
                        for: Trigger(
                            id: known.trigger(due: due), event: .cron, repository: Self.path, ref: "refs/heads/main",
                            run: .make(at: due), receivedAt: due),
                        given: nil, of: repository, by: known.caller, in: transaction)
                }
            }
            #expect(error?.code == .unique)
        }
    }

    @Test func `What was missed is left out, or made up for by one run, and told`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save("0 * * * *", as: "skips", missed: .skip, on: platform)
            #expect(try await save("0 * * * *", as: "catches-up", on: platform) == due)
            // Down for a day.
            try await fire(platform, at: due.adding(.seconds(86_400 + 600)))
            #expect(try await platform.runs().map(\.startedBy?.account) == ["the schedule catches-up"])
            let next = due.adding(.seconds(86_400 + 3_600))
            #expect(try await schedules(platform).map(\.next) == [next, next])
            let told = try await platform.sent().filter { $0.type == EventType.scheduleMissed.rawValue }.map(\.body)
            #expect(told.count == 2)
            #expect(told.contains { $0.contains("“catches-up” missed its time") && $0.contains("one run makes up") })
            #expect(told.contains { $0.contains("“skips” missed its time") && $0.contains("nothing makes up") })
            // A restart takes less than five minutes.
            try await fire(platform, at: next.adding(Schedule.tolerance))
            #expect(try await platform.runs().count == 3)
            #expect(try await platform.sent().count { $0.type == EventType.scheduleMissed.rawValue } == 2)
        }
    }

    @Test(arguments: [MissedFirings.skip, .catchUp])
    func `No minute is fired twice, and none left out, where the clock is put back`(missed: MissedFirings) async throws
    {
        try await PlatformFixture.with { platform in
            let start = try await save("* * * * *", missed: missed, on: platform)
            for minute in 0..<10 { try await look(platform, at: start.adding(.seconds(Int64(60 * minute)))) }
            #expect(try await fired(platform, after: start) == Array(0..<10))
            // By a little, and by more, from where it goes on.
            for back in [30, 240, 480] as [Int64] {
                for second in stride(from: 540 - back, through: 540, by: 30) {
                    try await look(platform, at: start.adding(.seconds(second)))
                }
            }
            // Another time of the day does not make what has fired due again.
            try await save("*/1 * * * *", missed: missed, on: platform)
            for minute in 5...12 { try await look(platform, at: start.adding(.seconds(Int64(60 * minute)))) }
            #expect(try await fired(platform, after: start) == Array(0...12))
        }
    }

    @Test func `A clock that was a year ahead costs one run, and what comes is fired all the same`() async throws {
        try await PlatformFixture.with { platform in
            let start = try await save("* * * * *", on: platform)
            try await look(platform, at: start)
            let ahead = start.adding(.seconds(365 * 86_400))
            for minute in 0..<3 { try await look(platform, at: ahead.adding(.seconds(Int64(60 * minute + 1)))) }
            let year: Int64 = 365 * 1440
            #expect(try await fired(platform, after: start) == [0, 1, year + 1, year + 2])
            // One that is saved meanwhile is due in a year.
            try await platform.store.write { transaction in
                var other = try #require(try transaction.schedules.find("nightly", of: Self.path))
                (other.id, other.name, other.expression) = ("other", "hourly", "0 * * * *")
                try other.plan(after: ahead, zone: .success(.utc))
                try transaction.schedules.save(other)
            }
            for minute in 2...4 { try await look(platform, at: start.adding(.seconds(Int64(60 * minute)))) }
            #expect(try await fired(platform, after: start) == [0, 1, year + 1, year + 2, 3, 4])
            let next = try await schedules(platform).compactMap(\.next)
            #expect(next.count == 2 && next.allSatisfy { $0 <= start.adding(.seconds(3600 + 240)) }, "\(next)")
        }
    }

    @Test func `One that cannot go on says why, is due no more, and holds up no other`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save("0 4 * * *", as: "z", on: platform)
            try await platform.store.write { transaction in
                for (name, expression, zone) in [
                    ("a", "99 * * * *", "UTC"), ("b", "@daily", "Mars/Olympus"), ("c", "@daily", "UTC"),
                ] {
                    try transaction.schedules.save(
                        Schedule(
                            id: name, repository: Self.path, name: name, expression: expression, zone: zone, next: due,
                            lookedAt: transaction.now, updatedBy: Caller(account: "ada"), updatedAt: transaction.now))
                }
                try transaction.database.execute("UPDATE schedules SET parameters = '[1' WHERE name = 'c'")
            }
            // What cannot be read may be readable again for as long as nothing is missed.
            await #expect(throws: (any Error).self) { try await fire(platform, at: due) }
            try await fire(platform, at: due.adding(Schedule.tolerance + .seconds(1)))
            #expect(try await platform.runs().map(\.startedBy?.account) == ["the schedule z"])
            _ = try await platform.store.write {
                try $0.database.execute("UPDATE schedules SET parameters = '{}' WHERE name = 'c'")
            }
            var views = try await schedules(platform)
            #expect(views.map(\.name) == ["a", "b", "c", "z"])
            #expect(views.map { $0.next == nil } == [true, true, true, false])
            #expect(views[0].problem?.contains("the minute “99” is not valid") == true)
            #expect(views[1].problem?.contains("“Mars/Olympus” is no time zone") == true)
            #expect(views[2].problem != nil)
            #expect(try await platform.engine.nextDeadline(now: due) == views[3].next)
            let told = try await platform.sent().filter { $0.type == EventType.scheduleFailed.rawValue }.map(\.body)
            #expect(told.count == 2 && told.allSatisfy { $0.contains("starts no run any more") }, "\(told)")
            // Saved again it goes on; so does, at the next start, one that lacks nothing any more.
            try await save("0 4 * * *", as: "a", on: platform)
            try await platform.engine.resumeSchedules()
            views = try await schedules(platform)
            #expect(views.map { $0.next == nil } == [false, true, false, false])
            #expect(views[0].problem == nil && views[1].problem != nil && views[2].problem == nil)
        }
    }

    @Test func `A paused one starts no run, and nothing of it is missed`() async throws {
        try await PlatformFixture.with { platform in
            let operations = platform.operations.schedules
            let due = try await save(on: platform)
            try await operations.pause("nightly", of: Self.path, as: platform.principal)
            try await operations.pause("nightly", of: Self.path, as: platform.principal)
            #expect(try await platform.engine.nextDeadline() == nil)
            try await fire(platform, at: due.adding(.seconds(3600)))
            // What starts those again that lack nothing leaves it alone, and so does a save.
            try await platform.engine.resumeSchedules()
            _ = try await operations.save(
                ScheduleRequest(expression: "@hourly"), as: "nightly", of: Self.path, by: platform.principal)
            var view = try await operations.view("nightly", of: Self.path, as: platform.principal)
            #expect(view.next == nil && view.upcoming == [] && view.pausedBy == platform.principal.caller)
            #expect(view.expression == "@hourly" && view.state?.hasPrefix("paused by test") == true)
            try await operations.resume("nightly", of: Self.path, as: platform.principal)
            view = try await operations.view("nightly", of: Self.path, as: platform.principal)
            #expect(view.pausedBy == nil && view.upcoming.count == 5)
            #expect(try #require(view.next) > .now)
            #expect(try await platform.runs().isEmpty)
        }
    }

    @Test func `What is shown are the times to come by the clocks of the zone`() async throws {
        let zone = TimeZones().read("Europe/Berlin")
        let before = try #require(Timestamp(rfc3339: "2026-03-27T12:00:00Z"))
        var schedule = Schedule(
            id: "s", repository: Self.path, name: "nightly", expression: "30 2 * * *", zone: "Europe/Berlin",
            parameters: ["key": "value"], lookedAt: before, updatedBy: Caller(account: "ada"), updatedAt: before)
        try schedule.plan(after: before, zone: zone)
        let view = schedule.view(in: zone, isWhole: false)
        #expect(
            view.upcoming == [
                "2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00", "2026-03-31T02:30+02:00",
                "2026-04-01T02:30+02:00",
            ])
        // Values of parameters are for those who may change them.
        #expect(view.parameters == nil && schedule.view(in: zone, isWhole: true).parameters == ["key": "value"])
        let west = try TimeZones().rules(of: "America/St_Johns")
        #expect(west.text(of: 0) == "1969-12-31T20:30-03:30" && TimeZoneRules.utc.text(of: 0) == "1970-01-01T00:00Z")
    }

    @Test func `A repository's schedules go with it`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save(on: platform)
            try await platform.operations.repositories.remove(Self.path, as: platform.principal)
            #expect(try await platform.engine.nextDeadline() == nil)
            try await fire(platform, at: due)
            try await platform.register(Self.path)
            #expect(try await schedules(platform).isEmpty)
            #expect(try await platform.runs().isEmpty)
        }
    }

    @Test func `A save keeps when it is due, unless that is what it changes`() async throws {
        try await PlatformFixture.with { platform in
            let due = try await save("30 3 * * *", on: platform)
            try await fire(platform, at: due)
            let next = try #require(try await schedules(platform).first?.next)
            #expect(next > due)
            #expect(try await save("30  3 * * *", branch: "release", on: platform) == next)
            let view = try #require(try await schedules(platform).first)
            #expect(view.branch == "release" && view.lastAt == due && view.lastRun != nil)
            #expect(view.expression == "30 3 * * *" && view.missed == .catchUp)
            try await platform.operations.schedules.remove("nightly", of: Self.path, as: platform.principal)
            #expect(try await schedules(platform).isEmpty)
        }
    }

    @Test func `What is no schedule is refused with what to write instead`() async throws {
        try await PlatformFixture.with { platform in
            let requests: [(String, ScheduleRequest, String)] = [
                ("nightly", ScheduleRequest(expression: "60 * * * *"), "malformed_schedule"),
                ("nightly", ScheduleRequest(expression: ""), "malformed_schedule"),
                ("nightly", ScheduleRequest(expression: "@daily", zone: "Mars/Olympus"), "unknown_zone"),
                ("nightly", ScheduleRequest(expression: "@daily", zone: "Europe"), "unknown_zone"),
                ("nightly", ScheduleRequest(expression: "@daily", zone: "../../etc/passwd"), "unknown_zone"),
                ("nightly", ScheduleRequest(expression: "@daily", zone: "UTC\u{0}"), "unknown_zone"),
                ("nightly", ScheduleRequest(expression: "@daily", branch: "a b"), "malformed_ref"),
                ("a/b", ScheduleRequest(expression: "@daily"), "malformed_name"),
            ]
            for (name, request, code) in requests {
                let error = await #expect(throws: OperationError.self) {
                    try await platform.operations.schedules.save(
                        request, as: name, of: Self.path, by: platform.principal)
                }
                #expect(error?.problem.code == code)
            }
            for name in ["gone", "a/b\u{0}"] {
                await #expect(throws: OperationError.self) {
                    try await platform.operations.schedules.remove(name, of: Self.path, as: platform.principal)
                }
            }
            for number in 0..<Schedule.limit { try await save("@daily", as: "s\(number)", on: platform) }
            let many = await #expect(throws: OperationError.self) { try await save("@daily", on: platform) }
            #expect(many?.problem.code == "many_schedules")
            try await save("@hourly", as: "s0", on: platform)
        }
    }

    /// The whole way: the timer sleeps until a schedule is due, or is waked by one that is.
    @Test func `The timer fires what becomes due`() async throws {
        try await PlatformFixture.with { platform in
            let timer = Task { try await DeadlineTimer(engine: platform.engine, logger: Logger(label: "test")).run() }
            defer { timer.cancel() }
            try await save(on: platform)
            try await platform.store.write { transaction in
                var schedule = try #require(try transaction.schedules.find("nightly", of: Self.path))
                schedule.next = transaction.now
                try transaction.schedules.save(schedule)
                transaction.afterCommit { [deadlines = transaction.deadlines] in deadlines.wake() }
            }
            try await eventually("a run starts") { try await !platform.runs().isEmpty }
            #expect(try await platform.runs().count == 1)
        }
    }
}

extension CronTests {
    /// What another process makes due wakes nobody here.
    @Test func `A timer that shares the database looks without being waked`() async throws {
        try await PlatformFixture.with { platform in
            let engine = RunEngine(
                store: PipelineStore(store: platform.store.store), configuration: platform.engine.configuration,
                logger: Logger(label: "other"))
            let timer = Task {
                try await DeadlineTimer(
                    engine: engine, isShared: true, look: .milliseconds(20), logger: Logger(label: "other")
                ).run()
            }
            defer { timer.cancel() }
            try await platform.store.write { transaction in
                try transaction.schedules.save(
                    Schedule(
                        id: "s", repository: PlatformFixture.path, name: "nightly", expression: "@daily", zone: "UTC",
                        next: transaction.now, lookedAt: transaction.now, updatedBy: Caller(account: "ada"),
                        updatedAt: transaction.now))
            }
            try await eventually("a run starts") { try await !platform.runs().isEmpty }
        }
    }
}

extension Sequence where Self: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
