extension StepView {
    /// Whether it failed and that fails nothing.
    public var isIgnored: Bool { ignored == true }
}

extension RunView {
    /// The step to look at first where something went wrong: the first whose failure counts. A service counts where
    /// nothing else failed; while its stage runs nobody knows.
    public var firstFailure: StepView? {
        let steps = stages.flatMap { stage in stage.steps.map { (stage: stage, step: $0) } }
            .filter { $0.step.state == .failure && !$0.step.isIgnored }
        let found =
            steps.first { $0.step.kind != "service" } ?? steps.first { $0.stage.state == .failure }
        return found?.step
    }
}
