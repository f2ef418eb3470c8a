import Contracts
import Testing

@testable import Pipeline

/// What follows from where branches and tags are, and when that is asked for.
@Suite struct HeadsComparisonTests {
    private static let (main, next, tag) = ("refs/heads/main", "refs/heads/next", "refs/tags/v1")

    private func push(_ ref: String, _ before: String?, _ commit: String?) -> Trigger {
        Trigger(
            id: .make(), event: ref.hasPrefix("refs/tags/") ? .tag : .push, repository: PlatformFixture.path, ref: ref,
            before: before, commit: commit)
    }

    private func changes(
        _ known: [String: HeadsComparison.Known], _ listed: [String: String], _ pushes: [Trigger] = [],
        hasBranches: Bool = true, hasTags: Bool = true, round: Int = 2
    ) -> [HeadsComparison.Change] {
        HeadsComparison(
            known: known, pushes: pushes, hasBranches: hasBranches, hasTags: hasTags, round: round
        ).changes(to: listed)
    }

    @Test func `Where everything begins nothing is missed`() {
        #expect(
            changes([:], [Self.main: "a", Self.tag: "b"], hasBranches: false, hasTags: false) == [
                .settled(ref: Self.main, commit: "a"), .settled(ref: Self.tag, commit: "b"),
            ])
        // A repository that had too many tags to be listed.
        #expect(
            changes([Self.main: .init(commit: "a")], [Self.main: "a", Self.tag: "b"], hasTags: false) == [
                .settled(ref: Self.tag, commit: "b")
            ])
    }

    @Test func `What a push led to is settled, whatever came after it`() {
        let known = [Self.main: HeadsComparison.Known(commit: "a")]
        let pushes = [push(Self.main, "b", "c"), push(Self.main, "a", "b")]
        #expect(changes(known, [Self.main: "c"], pushes) == [.settled(ref: Self.main, commit: "c")])
        #expect(changes(known, [Self.main: "a"], pushes) == [])
        let suspected = [Self.main: HeadsComparison.Known(commit: "a", suspect: "c", round: 1)]
        #expect(changes(suspected, [Self.main: "c"], pushes) == [.settled(ref: Self.main, commit: "c")])
        // It went back to where it was.
        #expect(changes(suspected, [Self.main: "a"]) == [.settled(ref: Self.main, commit: "a")])
        // What a tag leads to not every hook says.
        #expect(changes([:], [Self.tag: "c"], [push(Self.tag, nil, nil)]) == [.settled(ref: Self.tag, commit: "c")])
    }

    @Test func `A head without a push is suspected, and missed once it was found again`() {
        let known = [Self.main: HeadsComparison.Known(commit: "a")]
        #expect(
            changes(known, [Self.main: "b", Self.next: "c"]) == [
                .suspected(ref: Self.main, commit: "b"), .suspected(ref: Self.next, commit: "c"),
            ])
        let suspected = [
            Self.main: HeadsComparison.Known(commit: "a", suspect: "b", round: 1),
            Self.next: HeadsComparison.Known(commit: nil, suspect: "c", round: 1),
            Self.tag: HeadsComparison.Known(commit: "a", suspect: "c", round: 1),
        ]
        let listed = [Self.main: "b", Self.next: "c", Self.tag: "c"]
        #expect(
            changes(suspected, listed) == [
                .missed(ref: Self.main, before: "a", commit: "b"), .missed(ref: Self.next, before: nil, commit: "c"),
                .missed(ref: Self.tag, before: nil, commit: "c"),
            ])
        // The same answer once more, or one that was asked for before: nothing is missed yet.
        #expect(changes(suspected, listed, round: 1) == [])
        // Another head meanwhile: its hook has the same time.
        #expect(
            changes([Self.main: .init(commit: "a", suspect: "x", round: 1)], [Self.main: "b"]) == [
                .suspected(ref: Self.main, commit: "b")
            ])
        // The push before it arrived.
        #expect(
            changes(
                [Self.main: .init(commit: "a", suspect: "c", round: 1)], [Self.main: "c"], [push(Self.main, "a", "b")])
                == [.missed(ref: Self.main, before: "b", commit: "c")])
    }

    @Test func `What is gone is forgotten`() {
        #expect(
            changes([Self.main: .init(commit: "a"), Self.tag: .init(commit: "a")], [Self.main: "a"]) == [
                .gone(ref: Self.tag)
            ])
    }

    @Test func `A late hook is told from the same push made again`() {
        func made(_ before: String?, _ ref: String = Self.main) -> MadeUpPush {
            MadeUpPush(repository: PlatformFixture.path, ref: ref, before: before, commit: "b", mark: 1)
        }
        #expect(made("a").isToldLate(by: push(Self.main, "a", "b"), head: "b", since: []))
        #expect(made("a").isToldLate(by: push(Self.main, "a", "b"), head: "c", since: [push(Self.main, "b", "c")]))
        #expect(!made("a").isToldLate(by: push(Self.main, "a", "b"), head: "b", since: [push(Self.main, "b", "a")]))
        #expect(made(nil).isToldLate(by: push(Self.main, nil, "b"), head: "c", since: [push(Self.main, "b", "c")]))
        // Two pushes were missed: a → x → b.
        #expect(made("a").isToldLate(by: push(Self.main, "x", "b"), head: "b", since: [push(Self.main, "a", "x")]))
        #expect(!made("a").isToldLate(by: push(Self.main, "c", "b"), head: "b", since: [push(Self.main, "b", "c")]))
        #expect(!made("a").isToldLate(by: push(Self.main, "c", "b"), head: "c", since: []))
        #expect(made(nil, Self.tag).isToldLate(by: push(Self.tag, nil, "b"), head: "b", since: []))
        #expect(
            !made(nil, Self.tag).isToldLate(by: push(Self.tag, nil, "b"), head: "b", since: [push(Self.tag, nil, "c")]))
    }

    // MARK: - When

    private func standing(
        _ name: String, answers: Int = 0, isAnswered: Bool = true, hasSuspects: Bool = false
    ) -> HeadsSchedule.Standing {
        HeadsSchedule.Standing(
            repository: RepositoryPath(rawValue: name), isAnswered: isAnswered, answers: answers,
            hasSuspects: hasSuspects)
    }

    @Test func `Repositories are asked for one after another, and again after the interval`() {
        let start = ContinuousClock.now
        var schedule = HeadsSchedule(interval: .seconds(300), patience: .seconds(120))
        var fractions = [0.0, 1.0]
        schedule.note([standing("a"), standing("b")], now: start) { fractions.removeFirst() }
        #expect(schedule.next == start + .seconds(120))
        #expect(schedule.takeDue(now: start + .seconds(119)) == [])
        #expect(schedule.takeDue(now: start + .seconds(120)) { 0 }.map(\.rawValue) == ["a"])
        #expect(schedule.takeDue(now: start + .seconds(300)) { 0.5 }.map(\.rawValue) == ["b"])
        // One that comes later is looked at at once.
        let later = start + .seconds(310)
        schedule.note([standing("a", answers: 1), standing("b", answers: 1), standing("c")], now: later)
        #expect(schedule.takeDue(now: later) { 0 }.map(\.rawValue) == ["c"])
        #expect(schedule.takeDue(now: start + .seconds(360)) { 0 }.map(\.rawValue) == ["a"])
        schedule.note([], now: later)
        #expect(schedule.next == nil)
    }

    @Test func `A suspected head is looked at once its hook has had its time`() {
        let start = ContinuousClock.now
        var schedule = HeadsSchedule(interval: .seconds(300), patience: .seconds(120))
        schedule.note([], now: start)
        schedule.note([standing("a")], now: start)
        #expect(schedule.takeDue(now: start) { 0.5 }.count == 1)
        let answer = start + .seconds(10)
        schedule.note([standing("a", answers: 1, hasSuspects: true)], now: answer)
        // Looking at it more often does not put it off.
        schedule.note([standing("a", answers: 1, hasSuspects: true)], now: answer + .seconds(60))
        #expect(schedule.takeDue(now: answer + .seconds(119)) { 0.5 } == [])
        #expect(schedule.takeDue(now: answer + .seconds(120)) { 0.5 }.count == 1)
    }

    @Test func `While no answer comes nothing is asked again, until the answer is lost`() {
        let start = ContinuousClock.now
        var schedule = HeadsSchedule(interval: .seconds(300), patience: .seconds(120))
        schedule.note([], now: start)
        schedule.note([standing("a")], now: start)
        var asked = schedule.takeDue(now: start) { 0.5 }.count
        for minute in 1..<60 {
            let now = start + .seconds(60 * minute)
            schedule.note([standing("a", isAnswered: false)], now: now)
            asked += schedule.takeDue(now: now) { 0.5 }.count
        }
        #expect(asked == 1)
        #expect(schedule.takeDue(now: start + .seconds(3900)) { 0.5 }.count == 1)
    }
}
