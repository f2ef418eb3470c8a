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
        /// The run ended and all of its log was shown.
        case finished(RunView)
    }

    private(set) var view: RunView?
    /// Bytes of each step's log that were shown.
    private var shown: [Int: Int64] = [:]
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
        for step in view.stages.flatMap(\.steps) where follows(step.id) && step.logBytes > shown[step.id, default: 0] {
            // The log may still be on its way as an event; only what ended, or was there before we came, is fetched.
            if step.state.isFinal || shown[step.id] == nil {
                actions.append(.fetch(step: step.id, from: shown[step.id, default: 0]))
            }
        }
        if isDone(view) { actions.append(.finished(view)) }
        return actions
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

    /// A fetched piece was shown.
    mutating func filled(step: Int, bytes: Int) {
        shown[step, default: 0] += Int64(bytes)
    }

    private func follows(_ step: Int) -> Bool { only == nil || only == step }

    private func isDone(_ view: RunView) -> Bool {
        if view.summary.state.isFinal { return true }
        guard let only else { return false }
        return view.stages.flatMap(\.steps).first { $0.id == only }?.state.isFinal ?? false
    }
}
