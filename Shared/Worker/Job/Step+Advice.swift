public import PipelineLanguage

extension Step {
    /// Why the step is stopped when its own time is over.
    /// - Parameter seconds: Its timeout.
    func timeoutReason(_ seconds: Int) -> String {
        "the step took longer than its timeout of \(seconds) s" + (timeoutAdvice.map { "; \($0)" } ?? "")
    }

    /// What to do where the step is not done when its time is over; `nil` where nothing is known. What a step called
    /// `deploy` starts in the foreground (`yarn start`) never ends by itself.
    var timeoutAdvice: String? {
        guard deploysByCommands else { return nil }
        return "if “\(name)” starts something that stays in the foreground, \(Self.container)"
    }

    /// What to do where the step is done and has left something running (`yarn start &`), which ends with it.
    public var backgroundAdvice: String? {
        guard deploysByCommands else { return nil }
        return "to keep it running, \(Self.container)"
    }

    private static let container =
        "let a container keep it: “docker run -d” in the commands, or a “deploy” block with “run”"
}
