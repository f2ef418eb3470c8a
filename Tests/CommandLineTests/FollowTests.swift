import Contracts
import Testing

@testable import CommandLine

@Suite struct FollowTests {
    @Test func everyByteIsShownOnceAndInOrder() {
        var run = FollowedRun()
        let begin = Samples.run(.running, [Samples.step(1, "a", .running)])
        #expect(run.receive(.run(begin)) == [.changed(begin)])
        #expect(run.receive(.run(begin)) == [])
        #expect(run.receive(.log(step: 1, offset: 0, text: "one\n")) == [.log(step: 1, text: "one\n")])
        // A repeat, an overlap, a gap.
        #expect(run.receive(.log(step: 1, offset: 0, text: "one\n")) == [])
        #expect(run.receive(.log(step: 1, offset: 2, text: "e\ntwo\n")) == [.log(step: 1, text: "two\n")])
        #expect(run.receive(.log(step: 1, offset: 100, text: "late\n")) == [.fetch(step: 1, from: 8)])
        run.filled(step: 1, bytes: 97)
        #expect(run.receive(.log(step: 1, offset: 100, text: "late\n")) == [])
        #expect(run.receive(.log(step: 1, offset: 105, text: "x")) == [.log(step: 1, text: "x")])
    }

    @Test("steps of one name are told apart by their pipelines, and found by what they are called then")
    func distinctNames() throws {
        var view = Samples.run(.failure, [Samples.step(1, "build", .success), Samples.step(2, "lint", .success)])
        view.stages[0].name = "amd64"
        view.stages.append(
            StageView(
                name: "arm64 (1)", state: .failure, reason: nil, dependsOn: [],
                steps: [Samples.step(3, "build", .failure)]))
        let names = view.withDistinctNames().stages.flatMap(\.steps).map(\.name)
        #expect(names == ["amd64/build", "lint", "arm64 (1)/build"])
        #expect(try LogsCommand.find("amd64/build", in: view).id == 1)
        #expect(try LogsCommand.find("lint", in: view).id == 2)
        #expect(try LogsCommand.find("3", in: view).id == 3)
        let error = #expect(throws: CommandError.self) { try LogsCommand.find("build", in: view) }
        #expect(error?.remedy == "it is one of amd64/build (1), 'arm64 (1)/build' (3)")
        let ending = RunText.ending(view, style: .plain, now: Samples.begin)
        #expect(ending.last?.hasSuffix("slipway logs shop/web#12 'arm64 (1)/build'") == true, "\(ending)")
        #expect(ending.contains { $0.contains("arm64 (1)/build: exit code 1") }, "\(ending)")
    }

    @Test func whatIsWaitedForIsToldOnceItLasts() {
        var notice = WaitNotice()
        var run = Samples.run(.pending, []).summary
        let start = Timestamp(milliseconds: 1_000_000)
        func at(_ seconds: Int) -> Timestamp { start.adding(.seconds(seconds)) }
        notice.note(run, now: start)
        #expect(notice.due(now: at(60)) == nil)
        run.reason = "the server is away; attempt 2 of 3 is in 5 s"
        notice.note(run, now: at(60))
        #expect(notice.due(now: at(61)) == nil)
        notice.note(run, now: at(61))
        #expect(notice.due(now: at(62)) == run.reason)
        notice.note(run, now: at(63))
        #expect(notice.due(now: at(70)) == nil)
        // A wait that is over before it is worth a line.
        run.reason = "waits for a builder"
        notice.note(run, now: at(71))
        run.reason = nil
        notice.note(run, now: at(72))
        #expect(notice.due(now: at(80)) == nil)
        run.reason = "failed"
        run.state = .failure
        notice.note(run, now: at(81))
        #expect(notice.due(now: at(90)) == nil)
    }

    @Test func whatWasBeforeIsFetched() {
        var run = FollowedRun()
        let view = Samples.run(
            .running, [Samples.step(1, "a", .success, logBytes: 40), Samples.step(2, "b", .running)])
        let first = run.receive(.run(view))
        #expect(first.last == .fetch(step: 1, from: 0))
        // It begins before its log is shown, and its end is not told before that.
        guard case .changed(let shown) = first.first else {
            Issue.record("\(first)")
            return
        }
        #expect(shown.stages[0].steps.map(\.state) == [.running, .running])
        run.filled(step: 1, bytes: 40)
        #expect(run.settle() == [.endOfLog(step: 1), .changed(view)])
        #expect(run.settle() == [])
        let end = Samples.run(
            .success, [Samples.step(1, "a", .success, logBytes: 40), Samples.step(2, "b", .success, logBytes: 9)])
        _ = run.receive(.run(end))
        #expect(run.isOver)
        #expect(run.conclude(end).contains(.fetch(step: 2, from: 0)))
        // It never came whole: what is over is over.
        #expect(run.finish() == [.endOfLog(step: 2), .changed(end), .finished(end)])
    }

    @Test func aStepBeginsBeforeItsFirstLine() {
        var run = FollowedRun()
        _ = run.receive(.run(Samples.run(.running, [Samples.step(1, "a", .pending)])))
        func states(_ action: FollowedRun.Action?) -> [RunState]? {
            guard case .changed(let view) = action else { return nil }
            return view.stages.flatMap(\.steps).map(\.state)
        }
        // The log is faster than the state.
        let first = run.receive(.log(step: 1, offset: 0, text: "one\n"))
        #expect(states(first.first) == [.running])
        #expect(first.last == .log(step: 1, text: "one\n"))
        // And the end is faster than the rest of the log.
        var step = Samples.step(1, "a", .success, logBytes: 4)
        step.logLength = 8
        let ended = Samples.run(.success, [step])
        #expect(run.receive(.run(ended)).compactMap(states).allSatisfy { $0 == [.running] })
        #expect(
            run.receive(.log(step: 1, offset: 4, text: "two\n"))
                == [.log(step: 1, text: "two\n"), .endOfLog(step: 1), .changed(ended)])
    }

    @Test func aStepEndsAfterItsLastLine() {
        var run = FollowedRun()
        _ = run.receive(
            .run(Samples.run(.running, [Samples.step(1, "a", .running), Samples.step(2, "b", .pending)])))
        #expect(run.receive(.log(step: 1, offset: 0, text: "one\n")) == [.log(step: 1, text: "one\n")])
        // The worker said how long its log is; the platform has stored less so far.
        var step = Samples.step(1, "a", .failure, logBytes: 4, reason: "exit code 1")
        step.logLength = 8
        let ended = Samples.run(.failure, [step, Samples.step(2, "b", .skipped, attempt: 0)])
        let held = run.receive(.run(ended))
        guard case .changed(let shown) = held.last else {
            Issue.record("\(held)")
            return
        }
        #expect(shown.summary.state == .running && shown.stages[0].state == .running)
        #expect(shown.stages[0].steps.map(\.state) == [.running, .skipped])
        // Its last line has no end.
        #expect(
            run.receive(.log(step: 1, offset: 4, text: "last"))
                == [.log(step: 1, text: "last"), .endOfLog(step: 1), .changed(ended)])
        #expect(run.conclude(ended) == [])
        #expect(run.finish() == [.finished(ended)])
    }

    @Test func anotherAttemptBeginsAnew() {
        var run = FollowedRun()
        _ = run.receive(.run(Samples.run(.running, [Samples.step(1, "a", .running)])))
        _ = run.receive(.log(step: 1, offset: 0, text: "first"))
        _ = run.receive(.run(Samples.run(.running, [Samples.step(1, "a", .running, attempt: 2)])))
        #expect(run.receive(.log(step: 1, offset: 0, text: "second")) == [.log(step: 1, text: "second")])
    }

    @Test func oneStepAloneEndsWithIt() {
        var run = FollowedRun(only: 1)
        _ = run.receive(
            .run(Samples.run(.running, [Samples.step(1, "a", .running), Samples.step(2, "b", .running)])))
        #expect(run.receive(.log(step: 2, offset: 0, text: "other")) == [])
        #expect(!run.isOver)
        _ = run.receive(
            .run(Samples.run(.running, [Samples.step(1, "a", .success), Samples.step(2, "b", .running)])))
        #expect(run.isOver)
    }

    @Test func linesAreAssembled() {
        var lines = LineAssembler()
        let text = Array("héllo\nwörld\nrest".utf8)
        var seen: [LineAssembler.Line] = []
        for byte in text { seen += lines.receive([byte]) }
        #expect(seen == [.init(offset: 0, text: "héllo"), .init(offset: 7, text: "wörld")])
        #expect(lines.finish() == .init(offset: 14, text: "rest"))
        #expect(lines.finish() == nil)
    }

    @Test func theLiveBlockFitsItsTerminal() {
        let steps = (1...40).map {
            Samples.step($0, "step \($0) with a rather long name", $0 < 20 ? .success : .pending)
        }
        var view = Samples.run(.running, steps)
        view.stages[0].steps[25] = Samples.step(26, "busy", .running)
        let lines = LiveBlock(view: view, notice: "connection lost", frame: 3)
            .lines(style: .plain, columns: 60, rows: 24, now: Samples.begin.adding(.seconds(5)))
        #expect(lines.count <= 14)
        #expect(lines.contains { $0.contains("busy") })
        #expect(lines.contains { $0.contains("more steps") })
        for line in lines { #expect(TextWidth.of(line) <= 60, "\(line)") }
    }

    @Test func endingsSayWhatFailed() {
        let view = Samples.run(
            .failure, [Samples.step(1, "ok", .success), Samples.step(2, "test", .failure, reason: "exit code 1")])
        #expect(
            RunText.ending(view, style: .plain, now: Samples.begin) == [
                "✘ shop/web#12 failed in 1m 04s", "  test: exit code 1", "  slipway logs shop/web#12 test",
            ])
    }

    @Test func anIgnoredFailureIsNotTheOneToLookAt() {
        var slow = Samples.step(1, "slow", .failure, reason: "exit code 1")
        slow.ignored = true
        let failed = Samples.run(.failure, [slow, Samples.step(2, "test", .failure, reason: "exit code 2")])
        #expect(
            RunText.ending(failed, style: .plain, now: Samples.begin) == [
                "✘ shop/web#12 failed in 1m 04s", "  test: exit code 2", "  slipway logs shop/web#12 test",
            ])
        #expect(
            RunText.stepLine(slow, style: .plain, now: Samples.begin) == "! slow failed, ignored in 3.0s: exit code 1")
        let page = RunText.page(Samples.run(.success, [slow]), style: .plain, width: nil, now: Samples.begin)
        #expect(page.contains { $0.contains("!") && $0.contains("ignored; exit code 1") }, "\(page)")
    }

    @Test func aRunByHandSaysSo() {
        var run = Samples.run(.running, []).summary
        var open = run
        open.byHand = true
        open.sender = nil
        open.commit = nil
        open.ref = "v1.0.0"
        #expect(RunText.cause(open) == "run of v1.0.0 by hand")
        run.byHand = true
        run.sender = nil
        #expect(RunText.cause(run) == "push to main by hand")
        run.sender = "anna"
        #expect(RunText.cause(run) == "push to main by anna, run by hand")
        run.startedBy = Caller(account: "ci", token: "ci/nightly")
        #expect(RunText.cause(run) == "push to main by anna, run by ci")
        let page = RunText.page(Samples.run(.success, []), style: .plain, width: nil, now: Samples.begin)
        #expect(!page.contains { $0.contains("started by") })
        var view = Samples.run(.cancelled, [])
        (view.summary.startedBy, view.summary.cancelledBy) = (run.startedBy, Caller(account: "bob"))
        let told = RunText.page(view, style: .plain, width: nil, now: Samples.begin).joined(separator: "\n")
        #expect(told.contains("started by") && told.contains("ci (ci/nightly)"), "\(told)")
        #expect(told.contains("cancelled by  bob"), "\(told)")
        run.startedBy = nil
        run.event = .custom
        #expect(RunText.cause(run) == "run by hand on main by anna")
    }
}
