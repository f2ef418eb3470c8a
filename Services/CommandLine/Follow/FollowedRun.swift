import Contracts

/// What a follower knows of a run and what it still has to show: a pure state machine. Events may repeat, overlap or
/// leave gaps (the connection was lost, or following began late); what comes out is every log byte once and in order.
struct FollowedRun: Sendable {
    enum Action: Sendable, Equatable {
        /// Show this piece of a step's log.
        case log(step: Int, text: String)
        /// Read the step's log from this offset on and hand it in through ``filled(step:bytes:)``.
        case fetch(step: Int, from: Int64)
        /// The run or a step is somewhere else than before.
        case changed(RunView)
        /// All of it was shown.
        case finished(RunView)
    }

    private(set) var view: RunView?
    /// Bytes of each step's log that were shown.
    private var shown: [Int: Int64] = [:]
    /// Which attempt of each step that was; a new one begins its log anew.
    private var attempts: [Int: Int] = [:]
    /// Follow this step alone, or all.
    let only: Int?

    init(only: Int? = nil) { self.only = only }

    mutating func receive(_ event: RunEvent) -> [Action] {
        switch event {
        case .run(let view): receive(view)
        case .log(let step, let offset, let text): receive(step: step, offset: offset, text: text)
        }
    }

    private mutating func receive(_ view: RunView) -> [Action] {
        let isNews = view != self.view
        self.view = view
        var actions: [Action] = isNews ? [.changed(view)] : []
        for step in view.stages.flatMap(\.steps) where follows(step.id) {
            if attempts.updateValue(step.attempt, forKey: step.id) != step.attempt { shown[step.id] = nil }
            // What there was before we came is fetched; the rest comes as events.
            if shown[step.id] == nil, step.logBytes > 0 { actions.append(.fetch(step: step.id, from: 0)) }
        }
        return actions
    }

    /// The platform has told everything, this being the end: what of it was not shown yet.
    mutating func conclude(_ view: RunView) -> [Action] {
        var actions = receive(view)
        for step in view.stages.flatMap(\.steps) where follows(step.id) && step.logBytes > shown[step.id, default: 0] {
            if let have = shown[step.id] { actions.append(.fetch(step: step.id, from: have)) }
        }
        return actions + [.finished(view)]
    }

    /// Whether there will be nothing more of what is followed.
    var isOver: Bool {
        guard let view else { return false }
        if view.summary.state.isFinal { return true }
        return only.map { id in view.stages.flatMap(\.steps).first { $0.id == id }?.state.isFinal ?? false } ?? false
    }

    private mutating func receive(step: Int, offset: Int64, text: String) -> [Action] {
        guard follows(step) else { return [] }
        let have = shown[step, default: 0]
        if offset > have { return [.fetch(step: step, from: have)] }
        let bytes = Array(text.utf8)
        let known = Int(have - offset)
        guard known < bytes.count else { return [] }
        shown[step] = offset + Int64(bytes.count)
        return [.log(step: step, text: known == 0 ? text : String(decoding: bytes[known...], as: UTF8.self))]
    }

    /// How much of a step's log was shown, in bytes.
    func shownBytes(of step: Int) -> Int64 { shown[step, default: 0] }

    /// A fetched piece was shown.
    mutating func filled(step: Int, bytes: Int) {
        shown[step, default: 0] += Int64(bytes)
    }

    private func follows(_ step: Int) -> Bool { only == nil || only == step }
}
