import Contracts

extension RunState {
    var symbol: String {
        switch self {
        case .pending: "○"
        case .running: "●"
        case .success: "✔"
        case .failure: "✘"
        case .cancelled: "⊘"
        case .skipped: "–"
        }
    }

    var tone: Tone {
        switch self {
        case .pending, .skipped: .faint
        case .running: .busy
        case .success: .good
        case .failure: .bad
        case .cancelled: .notice
        }
    }
}

/// A step's, where a failure may be one that counts for nothing.
extension StepView {
    var symbol: String { isIgnored ? "!" : state.symbol }
    var tone: Tone { isIgnored ? .notice : state.tone }
}
