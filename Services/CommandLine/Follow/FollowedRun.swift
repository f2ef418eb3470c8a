import Contracts

/// What a follower knows of a run and what it still has to show: a pure state machine. Events may repeat, overlap or
/// leave gaps (the connection was lost, or following began late); what comes out is every log byte once and in order,
/// and the end of a step after all of its log.
struct FollowedRun: Sendable {
    enum Action: Sendable, Equatable {
        /// Show this piece of a step's log.
        case log(step: Int, text: String)
        /// Read the step's log from this offset on and hand it in through ``filled(step:bytes:)``, then ``settle()``.
        case fetch(step: Int, from: Int64)
        /// All of the step's log was shown: what of it is no whole line is its last.
        case endOfLog(step: Int)
        /// The run or a step is somewhere else than before.
        case changed(RunView)
        /// All of it was shown.
        case finished(RunView)
    }

    /// The run as the platform has it.
    private(set) var view: RunView?
    /// The run as it was shown: a step has not ended there until its log was.
    private var shownView: RunView?
    /// Bytes of each step's log that were shown.
    private var shown: [Int: Int64] = [:]
    /// Which attempt of each step that was; a new one begins its log anew.
    private var attempts: [Int: Int] = [:]
    /// Steps whose log was shown to its end.
    private var closed: Set<Int> = []
    /// Steps of which a piece of log came or is fetched: they run, whether the platform has told it or not.
    private var begun: Set<Int> = []
    /// Follow this step alone, or all.
    let only: Int?

    init(only: Int? = nil) { self.only = only }

    private var steps: [StepView] { view?.stages.flatMap(\.steps) ?? [] }

    mutating func receive(_ event: RunEvent) -> [Action] {
        switch event {
        case .run(let view): receive(view)
        case .log(let step, let offset, let text): receive(step: step, offset: offset, text: text)
        }
    }

    private mutating func receive(_ view: RunView) -> [Action] {
        self.view = view
        var missed: [Action] = []
        for step in steps where follows(step.id) {
            if attempts.updateValue(step.attempt, forKey: step.id) != step.attempt {
                shown[step.id] = nil
                closed.remove(step.id)
                begun.remove(step.id)
            }
            // What there was before we came is fetched; the rest comes as events.
            guard shown[step.id] == nil, step.logBytes > 0 else { continue }
            begun.insert(step.id)
            missed.append(.fetch(step: step.id, from: 0))
        }
        return settle() + missed
    }

    private mutating func receive(step: Int, offset: Int64, text: String) -> [Action] {
        guard follows(step) else { return [] }
        let have = shown[step, default: 0]
        if offset > have { return [.fetch(step: step, from: have)] }
        let bytes = Array(text.utf8)
        let known = Int(have - offset)
        guard known < bytes.count else { return [] }
        let start = begun.insert(step).inserted ? settle() : []
        shown[step] = offset + Int64(bytes.count)
        let news = known == 0 ? text : String(decoding: bytes[known...], as: UTF8.self)
        return start + [.log(step: step, text: news)] + settle()
    }

    /// A fetched piece was shown.
    mutating func filled(step: Int, bytes: Int) {
        shown[step, default: 0] += Int64(bytes)
    }

    /// What may be shown now that more of a log was.
    mutating func settle() -> [Action] {
        var actions: [Action] = []
        for step in steps where step.state.isFinal && !isHeld(step) && follows(step.id) {
            if closed.insert(step.id).inserted { actions.append(.endOfLog(step: step.id)) }
        }
        guard let current = presentation, current != shownView else { return actions }
        shownView = current
        return actions + [.changed(current)]
    }

    /// The platform has told everything, this being the end: what of it is still to be read. ``finish()`` follows.
    mutating func conclude(_ view: RunView) -> [Action] {
        var actions = receive(view)
        for step in steps where follows(step.id) && step.logBytes > shown[step.id, default: 0] {
            if let have = shown[step.id] { actions.append(.fetch(step: step.id, from: have)) }
        }
        return actions
    }

    /// Shows the end, also of a log that never came whole.
    mutating func finish() -> [Action] {
        guard let view else { return [] }
        var actions = steps.filter { follows($0.id) && closed.insert($0.id).inserted }
            .map { Action.endOfLog(step: $0.id) }
        if view != shownView { actions.append(.changed(view)) }
        shownView = view
        return actions + [.finished(view)]
    }

    /// Whether there will be nothing more of what is followed.
    var isOver: Bool {
        guard let view else { return false }
        if view.summary.state.isFinal { return true }
        return only.map { id in steps.first { $0.id == id }?.state.isFinal ?? false } ?? false
    }

    /// How much of a step's log was shown, in bytes.
    func shownBytes(of step: Int) -> Int64 { shown[step, default: 0] }

    func step(_ id: Int) -> StepView? { steps.first { $0.id == id } }

    private func follows(_ step: Int) -> Bool { only == nil || only == step }

    /// Whether a step's log is here before the word that it began.
    private func isAhead(_ step: StepView) -> Bool { step.state == .pending && begun.contains(step.id) }

    /// Whether a step's end has to wait for the rest of its log.
    private func isHeld(_ step: StepView) -> Bool {
        guard step.state.isFinal, follows(step.id), !closed.contains(step.id) else { return false }
        return shown[step.id, default: 0] < max(step.logLength ?? 0, step.logBytes)
    }

    /// The run with every step whose end has to wait as it was before, and with it its stage and the run.
    private var presentation: RunView? {
        guard var view, steps.contains(where: { isHeld($0) || isAhead($0) }) else { return view }
        for stage in view.stages.indices {
            for index in view.stages[stage].steps.indices where isAhead(view.stages[stage].steps[index]) {
                view.stages[stage].steps[index].hold(as: .running)
            }
        }
        guard steps.contains(where: isHeld) else { return view }
        let before = shownView?.stages.flatMap(\.steps) ?? []
        for stage in view.stages.indices where view.stages[stage].steps.contains(where: isHeld) {
            for index in view.stages[stage].steps.indices where isHeld(view.stages[stage].steps[index]) {
                let step = view.stages[stage].steps[index]
                if let known = before.first(where: { $0.id == step.id && $0.attempt == step.attempt }),
                    known.state == .running || !begun.contains(step.id)
                {
                    view.stages[stage].steps[index] = known
                } else {
                    view.stages[stage].steps[index].hold(as: begun.contains(step.id) ? .running : .pending)
                }
            }
            if view.stages[stage].state.isFinal {
                view.stages[stage].state = .running
                view.stages[stage].reason = nil
            }
        }
        if view.summary.state.isFinal {
            view.summary.state = .running
            view.summary.reason = nil
            view.summary.finishedAt = nil
        }
        return view
    }
}

extension StepView {
    /// Takes back that it ended.
    fileprivate mutating func hold(as state: RunState) {
        self.state = state
        reason = nil
        exitCode = nil
        finishedAt = nil
    }
}
