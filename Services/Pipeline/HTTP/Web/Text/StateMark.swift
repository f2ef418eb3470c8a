import Contracts

/// How pages show a state: a small picture beside its word, so that it is told by more than its colour.
enum StateMark {
    /// The class of what shows a step's state.
    static func style(_ step: StepView) -> String { step.isIgnored ? "ignored" : step.state.rawValue }

    static func picture(_ step: StepView) -> String {
        guard step.isIgnored else { return picture(step.state) }
        let shape = #"<circle cx="8" cy="8" r="6"/><path d="m5.5 5.5 5 5m0-5-5 5"/>"#
        return #"<svg class="state ignored" viewBox="0 0 16 16" role="img" aria-label="\#(step.word)">"# + shape
            + "</svg>"
    }

    /// Markup made of constants only.
    static func picture(_ state: RunState) -> String {
        let shape =
            switch state {
            case .pending: #"<circle cx="8" cy="8" r="6"/>"#
            case .running: #"<circle cx="8" cy="8" r="6"/><path class="spin" d="M8 2a6 6 0 0 1 6 6"/>"#
            case .success: #"<circle cx="8" cy="8" r="7"/><path d="m4.8 8.3 2.2 2.2 4.2-4.6"/>"#
            case .failure: #"<circle cx="8" cy="8" r="7"/><path d="m5.5 5.5 5 5m0-5-5 5"/>"#
            case .cancelled: #"<circle cx="8" cy="8" r="6"/><path d="m4 12 8-8"/>"#
            case .skipped: #"<circle cx="8" cy="8" r="6"/><path d="M5 8h6"/>"#
            }
        return #"<svg class="state \#(state.rawValue)" viewBox="0 0 16 16" role="img" aria-label="\#(state.word)">"#
            + shape + "</svg>"
    }
}
