extension RunState {
    /// What people call it, in the terminal and on pages alike.
    public var word: String {
        switch self {
        case .pending: "waiting"
        case .running: "running"
        case .success: "success"
        case .failure: "failed"
        case .cancelled: "cancelled"
        case .skipped: "skipped"
        }
    }
}

extension StepView {
    /// What people call its state: its failure may fail nothing.
    public var word: String { isIgnored ? "failed, ignored" : state.word }
}

extension RunSummary {
    /// What people are told of how it came about, where that is not how runs do.
    public var note: String? {
        madeUp == true ? "no hook arrived for this push; it was found by comparing heads" : nil
    }

    /// The short name of the ref, as people say it.
    public var refName: String {
        for prefix in ["refs/heads/", "refs/tags/"] where ref.hasPrefix(prefix) {
            return String(ref.dropFirst(prefix.count))
        }
        return ref
    }
}
