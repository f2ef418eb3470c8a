extension RunView {
    /// The run with its steps called so that people can tell them apart: by their names, and where steps of several
    /// pipelines share one by the pipeline's as well, as in `arm64/build`. `slipway logs` knows them by that, too.
    public func withDistinctNames() -> RunView {
        let count = Dictionary(stages.flatMap(\.steps).map { ($0.name, 1) }, uniquingKeysWith: +)
        guard count.values.contains(where: { $0 > 1 }) else { return self }
        var view = self
        for stage in view.stages.indices {
            for step in view.stages[stage].steps.indices {
                let name = view.stages[stage].steps[step].name
                if count[name, default: 1] > 1 { view.stages[stage].steps[step].name = "\(stages[stage].name)/\(name)" }
            }
        }
        return view
    }
}
