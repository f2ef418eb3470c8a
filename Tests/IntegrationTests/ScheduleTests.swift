import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Runs that start by the clock, through all services; the platform's clock is set.
@Suite struct ScheduleTests {
    private let file = """
        kind: pipeline
        type: exec
        name: default
        trigger: {event: [push, cron]}
        steps:
        - name: on push
          commands: ['echo push']
          when: {event: push}
        - name: nightly
          commands: ['echo "$DRONE_BUILD_EVENT $DRONE_CRON of $DRONE_BRANCH"']
          when: {event: cron, cron: nightly}
        - name: weekly
          commands: ['false']
          when: {cron: {exclude: [nightly]}}
        """

    private let path = "repositories/shop%2Fweb/schedules/nightly"

    private func schedule(_ stack: Stack) async throws -> ScheduleView {
        try await stack.platform.send(.get, path).decode()
    }

    /// Kills the platform and starts it when its clock says so.
    private func restart(_ stack: Stack, _ clock: WallClock, at moment: Timestamp) async throws {
        try await stack.service("pipeline").kill()
        try await clock.set((moment.milliseconds - Timestamp.now.milliseconds) / 1000)
        try await stack.service("pipeline").start()
        try await stack.ready()
    }

    /// It has looked, and waits for that.
    private func waits(_ stack: Stack, for moment: Timestamp) async throws {
        try await eventually(within: .seconds(30), every: .milliseconds(100), "the schedule is next at \(moment)") {
            try await schedule(stack).next == moment
        }
    }

    @Test(.timeLimit(.minutes(5))) func `What is due while the platform is away runs once, whatever its clock does`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let clock = try await WallClock(in: directory)
            try await Stack.with(settings: ["pipeline": clock.settings]) { stack in
                let platform = stack.platform
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
                let (_, commit) = try await repository.commit([".drone.yml": file])
                let saved = try await platform.send(
                    .put, path, ScheduleRequest(expression: "30 3 * * *", zone: "Asia/Kolkata"))
                #expect(saved.status == 201)
                let due = try #require(try saved.decode(ScheduleView.self).next)
                let day = Duration.seconds(86_400)

                try await restart(stack, clock, at: due.adding(.seconds(30)))
                try await waits(stack, for: due.adding(day))
                let view = try await platform.finishedRun("shop/web", commit: commit)
                #expect(view.summary.state == .success && view.summary.event == .cron, "\(view)")
                #expect(view.summary.startedBy?.account == "the schedule nightly" && view.summary.byHand == nil)
                let ran = view.stages.flatMap(\.steps).filter { $0.state == .success }
                #expect(ran.map(\.name) == ["nightly"], "\(view)")
                let log = try await platform.log(view.summary.id, try #require(ran.first).id)
                #expect(log.hasSuffix("\ncron nightly of main\n"), "\(log)")

                // Killed and started again, put back by half a day and on again: it has fired.
                for (moment, next) in [
                    (due.adding(.seconds(60)), due.adding(day)), (due.adding(.seconds(-43_200)), due),
                    (due.adding(.seconds(90)), due.adding(day)),
                ] {
                    try await restart(stack, clock, at: moment)
                    try await waits(stack, for: next)
                }
                #expect(try await platform.runs("shop/web").map(\.id) == [view.summary.id])

                // Away for a week: one run makes up for it.
                try await restart(stack, clock, at: due.adding(.seconds(7 * 86_400 + 3_600)))
                try await waits(stack, for: due.adding(.seconds(8 * 86_400)))
                #expect(try await platform.runs("shop/web").count == 2)

                let byHand: RunView = try await platform.send(.post, "\(path)/run").decode()
                #expect(byHand.summary.event == .cron && byHand.summary.byHand == true)
                #expect(try await schedule(stack).next == due.adding(.seconds(8 * 86_400)))
            }
        }
    }
}
