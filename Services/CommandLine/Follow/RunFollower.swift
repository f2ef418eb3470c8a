import Contracts
import FoundationEssentials

/// Follows a run to its end over a connection that may break.
struct RunFollower: Sendable {
    let client: APIClient
    let run: RunID
    let screen: any FollowScreen
    /// Follow this step alone, or all.
    var only: Int?
    /// Tells when lines were written, where that is asked for.
    var clock: LineClock?

    /// The lines of one attempt of a step.
    private struct Lines {
        var attempt: Int
        var assembler = LineAssembler()
    }

    /// The screen that fits where the output goes.
    static func screen(json: Bool, console: Console = .current) -> any FollowScreen {
        if json { return JSONScreen(console: console) }
        return console.isTerminal ? LiveScreen(console: console) : PlainScreen(console: console)
    }

    /// Follows until the run (or the one step) has ended, and gives it as it ended.
    func follow() async throws -> RunView {
        try await withThrowingTaskGroup(of: RunView?.self) { group in
            let screen = screen
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(100))
                    await screen.tick()
                }
                return nil
            }
            group.addTask { try await listen() }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let view = result { return view }
            }
            throw CancellationError()
        }
    }

    private func listen() async throws -> RunView {
        var state = FollowedRun(only: only)
        var lines: [Int: Lines] = [:]
        var failures = 0
        while true {
            do {
                try await client.events(of: run) { event in
                    failures = 0
                    try await perform(state.receive(told(event)), &state, &lines)
                    // A run's stream ends when all is told; one step ends before.
                    return only == nil || !state.isOver
                }
                if state.isOver {
                    try await finishStep(&state, &lines)
                    let view = told(try await client.run(run))
                    try await perform(state.conclude(view), &state, &lines)
                    try await perform(state.finish(), &state, &lines)
                    return view
                }
                // An end before the run's: the platform is going down or restarting.
                failures += 1
            } catch let error where state.view != nil && !(error is CancellationError) {
                failures += 1
                if failures > 60 { throw error }
                if failures == 2 {
                    await screen.remark(
                        "connection lost, trying again: \((error as? CommandError)?.message ?? "\(error)")")
                }
            }
            try await Task.sleep(for: .milliseconds(min(2000, 200 * failures)))
        }
    }

    private func told(_ event: RunEvent) -> RunEvent {
        if case .run(let view) = event { .run(told(view)) } else { event }
    }

    private func told(_ view: RunView) -> RunView { screen.isForPeople ? view.withDistinctNames() : view }

    /// A step has ended; what it printed last may still be on its way to the platform.
    private func finishStep(_ state: inout FollowedRun, _ lines: inout [Int: Lines]) async throws {
        guard let only, let step = state.step(only), step.attempt > 0 else { return }
        try await client.followLog(of: run, step: only, from: state.shownBytes(of: only)) { offset, text in
            try await perform(state.receive(.log(step: only, offset: offset, text: text)), &state, &lines)
        }
    }

    private func perform(
        _ actions: [FollowedRun.Action], _ state: inout FollowedRun, _ lines: inout [Int: Lines]
    ) async throws {
        for action in actions {
            switch action {
            case .log(let step, let text):
                try await show(Array(text.utf8), of: step, state, &lines)
            case .fetch(let step, let offset):
                try await client.log(of: run, step: step, from: offset) { bytes in
                    state.filled(step: step, bytes: bytes.count)
                    try await show(bytes, of: step, state, &lines)
                }
                try await perform(state.settle(), &state, &lines)
            case .endOfLog(let step):
                if let line = lines[step]?.assembler.finish(), let step = state.step(step) {
                    try await show(line, of: step)
                }
            case .changed(let view):
                await screen.changed(view)
            case .finished(let view):
                await screen.finished(view)
            }
        }
    }

    private func show(
        _ bytes: [UInt8], of id: Int, _ state: FollowedRun, _ lines: inout [Int: Lines]
    ) async throws {
        guard let step = state.step(id) else { return }
        // What an attempt that was lost left of a line is no beginning of the next one's.
        if lines[id]?.attempt != step.attempt { lines[id] = Lines(attempt: step.attempt) }
        for line in lines[id, default: Lines(attempt: step.attempt)].assembler.receive(bytes) {
            try await show(line, of: step)
        }
    }

    private func show(_ line: LineAssembler.Line, of step: StepView) async throws {
        let stamp = try await clock?.stamp(of: line, step: step)
        await screen.log(step: step, line: line.text, stamp: stamp)
    }
}
