import PipelineLanguage

extension Step {
    /// What to do where the step is not done when its time is over; `nil` where nothing is known. What a step called
    /// `deploy` starts in the foreground (`yarn start`) never ends by itself.
    var timeoutAdvice: String? {
        guard deploysByCommands else { return nil }
        return "if “\(name)” starts something that stays in the foreground, let a container keep it: "
            + "“docker run -d” in the commands, or a “deploy” block with “run”"
    }
}
