import Contracts
import Testing

@testable import Worker

@Suite struct JobLifeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [JobLife.Event]
        var actions: [JobLife.Action]
        var testDescription: String { name }
    }

    static let done = JobLife.Event.worked(.complete(success: true, reason: nil))
    static let stopped = JobLife.Event.worked(.interrupted)
    private static func release(_ words: String) -> JobStop {
        var stop = JobStop(words, successor: .attempt)
        stop.isRelease = true
        return stop
    }

    static let handOver = "the worker is shutting down; the job is handed to another"

    static let rows = [
        Row(
            name: "all goes well", events: [done, .reported],
            actions: [.report(.success, reason: nil), .end]),
        Row(
            name: "a step fails", events: [.worked(.complete(success: false, reason: "“test” failed")), .reported],
            actions: [.report(.failure, reason: "“test” failed"), .end]),
        Row(
            name: "it cannot be done", events: [.worked(.broken("no workspace"))],
            actions: [.report(.failure, reason: "no workspace")]),
        Row(
            name: "cancelled", events: [.cancelled(JobStop("by ada")), stopped, .reported],
            actions: [.stopWork(JobStop("by ada")), .report(.cancelled, reason: "by ada"), .end]),
        Row(
            name: "cancelled twice stops once", events: [.cancelled(JobStop("a")), .cancelled(JobStop("b")), stopped],
            actions: [.stopWork(JobStop("a")), .nothing, .report(.cancelled, reason: "b")]),
        Row(
            name: "cancelled too late", events: [.cancelled(JobStop("by ada")), done],
            actions: [.stopWork(JobStop("by ada")), .report(.success, reason: nil)]),
        Row(
            name: "timed out", events: [.timedOut(seconds: 3600), stopped],
            actions: [
                .stopWork(JobStop("the job took longer than its timeout of 1 h")),
                .report(.failure, reason: "the job took longer than its timeout of 1 h"),
            ]),
        Row(
            name: "timed out, with advice", events: [.timedOut(seconds: 90, advice: "use more time"), stopped],
            actions: [
                .stopWork(JobStop("the job took longer than its timeout of 90 s; use more time")),
                .report(.failure, reason: "the job took longer than its timeout of 90 s; use more time"),
            ]),
        Row(
            name: "a report is refused",
            events: [.unreportable("too long"), .exceeded("too large"), stopped, .reported],
            actions: [.stopWork(JobStop("too long")), .nothing, .report(.failure, reason: "too long"), .end]),
        Row(
            name: "it uses more than it may", events: [.exceeded("too much"), stopped, .reported],
            actions: [.stopWork(JobStop("too much")), .report(.failure, reason: "too much"), .end]),
        Row(
            name: "its last report is refused", events: [done, .unreportable("too long"), .reported],
            actions: [.report(.success, reason: nil), .nothing, .end]),
        Row(
            name: "handed back for what is no fault of its own",
            events: [.faulted(.worker, "the disk is full"), .faulted(.source, "again"), stopped, .reported],
            actions: [
                .stopWork(release("handed back: the disk is full")), .nothing,
                .report(.released, reason: "the disk is full", handBack: .worker), .end,
            ]),
        Row(
            name: "cancelled while it is handed back",
            events: [.faulted(.worker, "the disk is full"), .cancelled(JobStop("by ada")), stopped],
            actions: [
                .stopWork(release("handed back: the disk is full")), .nothing,
                .report(.cancelled, reason: "by ada"),
            ]),
        Row(
            name: "handed back at shutdown", events: [.graceOver, stopped, .reported],
            actions: [
                .stopWork(release(handOver)),
                .report(.released, reason: "the worker was shut down", handBack: .shutdown), .end,
            ]),
        Row(
            name: "finished within the grace's last moment", events: [.graceOver, done],
            actions: [.stopWork(release(handOver)), .report(.success, reason: nil)]),
        Row(
            name: "cancelled while it is handed back", events: [.graceOver, .cancelled(JobStop("by ada")), stopped],
            actions: [
                .stopWork(release(handOver)), .nothing, .report(.cancelled, reason: "by ada"),
            ]),
        Row(
            name: "lease lost while it works", events: [.leaseLost, stopped, .reported, .cancelled(JobStop("late"))],
            actions: [.abandon, .nothing, .nothing, .nothing]),
        Row(
            name: "lease lost while it reports", events: [done, .leaseLost, .reported],
            actions: [.report(.success, reason: nil), .abandon, .nothing]),
        Row(
            name: "lease lost while it stops", events: [.timedOut(seconds: 5), .leaseLost],
            actions: [.stopWork(JobStop("the job took longer than its timeout of 5 s")), .abandon]),
        Row(
            name: "nothing stops a report",
            events: [done, .cancelled(JobStop("late")), .timedOut(seconds: 1), .graceOver, .reported],
            actions: [.report(.success, reason: nil), .nothing, .nothing, .nothing, .end]),
    ]

    @Test(arguments: rows) func follows(_ row: Row) {
        var life = JobLife()
        #expect(row.events.map { life.handle($0) } == row.actions)
    }
}
