import Contracts
import Text

/// What pages say of a run.
enum RunText {
    /// `push by anna`
    static func cause(_ run: RunSummary) -> String {
        let event =
            switch run.event {
            case .push: "push"
            case .tag: "tag"
            case .pullRequest: "merge request"
            case .cron: "schedule"
            case .custom: "by hand"
            case .promote: "promotion"
            case .rollback: "rollback"
            }
        let sender = run.sender.flatMap { $0.isEmpty ? nil : $0 }
        // Until its source is there nobody knows what a person named.
        let isOpen = run.byHand == true && run.commit == nil && !run.ref.hasPrefix("refs/")
        if run.event == .custom || isOpen {
            return (run.startedBy?.text ?? sender).map { "by hand, \($0)" } ?? "by hand"
        }
        if run.madeUp == true { return "\(event) without a hook" }
        let pushed = sender.map { "\(event) by \($0)" } ?? event
        guard run.byHand == true else { return pushed }
        if let caller = run.startedBy { return "\(pushed), run by \(caller.text)" }
        return sender == nil ? "\(event) by hand" : "\(pushed), run by hand"
    }

    /// The first line of the commit's message.
    static func subject(_ run: RunSummary) -> String {
        run.commit?.message.split(whereSeparator: \.endsLine).first.map(String.init) ?? ""
    }

    /// What a run without a step waits for.
    static func waits(_ run: RunSummary) -> String {
        if let reason = run.reason { return reason }
        return run.state.isFinal ? "It had no steps." : "Its source is being fetched and its steps are being planned."
    }

    static func source(_ source: ChoiceView.Source) -> String {
        switch source {
        case .given: "Given by hand"
        case .file: "The repository’s file"
        case .component: "Component"
        }
    }
}
