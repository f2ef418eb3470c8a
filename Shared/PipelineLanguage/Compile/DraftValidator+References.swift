/// Whether every `${…}` stands for something.
extension DraftValidator {
    /// What a text may refer to: known once for all expressions of a step.
    private struct Surroundings {
        var step: StepDraft?
        var stage: Int
        /// The steps it waits for.
        var before: [String: Step]
        /// The steps of the stages before.
        var earlier: [String: Step]
    }

    func checkReferences(of index: Int) {
        let stage = draft.stages[index]
        let isNeeded = stage.steps.contains { $0.references.contains { $0.name.hasPrefix("steps.") } }
        var earlier: [String: Step] = [:]
        if isNeeded || !stage.references.isEmpty {
            for number in stagesBefore(index) {
                for step in draft.stages[number].stage.steps where earlier[step.name] == nil {
                    earlier[step.name] = step
                }
            }
        }
        for reference in stage.references {
            check(reference, Surroundings(step: nil, stage: index, before: [:], earlier: earlier))
        }
        let graph = StepGraph(stage.stage)
        for step in stage.steps where !step.references.isEmpty {
            var before: [String: Step] = [:]
            if step.references.contains(where: { $0.name.hasPrefix("steps.") }) {
                for other in ancestors(of: step.step.name, in: stage.stage, graph) { before[other.name] = other }
            }
            let surroundings = Surroundings(step: step, stage: index, before: before, earlier: earlier)
            for reference in step.references { check(reference, surroundings) }
        }
    }

    private func check(_ reference: SourceReference, _ surroundings: Surroundings) {
        let name = reference.name
        let step = surroundings.step
        let index = surroundings.stage
        let stage = draft.stages[index].stage
        if draft.parameters[name] != nil || stage.matrix[name] != nil || Scope.isReserved(name) { return }
        guard let dot = name.firstIndex(of: ".") else { return checkPlain(reference, step, stage) }
        let rest = String(name[name.index(after: dot)...])
        switch name[..<dot] {
        case "parameters":
            guard draft.parameters[rest] == nil, !reference.hasDefault else { return }
            report(reference, "there is no parameter “\(rest)”\(Nearest.hint(rest, among: draft.parameters.keys))")
        case "matrix":
            guard stage.matrix[rest] == nil, !reference.hasDefault else { return }
            report(reference, "the matrix has no “\(rest)”\(Nearest.hint(rest, among: stage.matrix.keys))")
        case "steps": checkOutput(reference, rest, surroundings)
        default:
            guard Scope.aliases[name] == nil, !reference.hasDefault else { return }
            report(reference, "there is no “\(name)”\(Nearest.hint(name, among: Scope.aliases.keys))")
        }
    }

    /// A name without a dot: a parameter, or a variable, of which only a shell may know more.
    private func checkPlain(_ reference: SourceReference, _ step: StepDraft?, _ stage: Stage) {
        let name = reference.name
        guard !reference.isScript, !reference.hasDefault, stage.environment[name] == nil,
            step?.step.environment[name] == nil
        else { return }
        let isVariable = name.utf8.allSatisfy { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        if isVariable {
            let (mark, length) = sink.place(of: reference)
            sink.warning(
                .suspicious,
                "nothing is called “\(name)” here, so ${\(name)} is empty; write $${\(name)} for the text itself",
                at: mark, length: length)
        } else {
            report(
                reference,
                "there is no parameter “\(name)”"
                    + (Nearest.name(to: name, among: draft.parameters.keys).map { "; did you mean “\($0)”?" }
                        ?? "; write $${\(name)} for the text itself"))
        }
    }

    private func checkOutput(_ reference: SourceReference, _ rest: String, _ surroundings: Surroundings) {
        guard let dot = rest.lastIndex(of: ".") else {
            return report(reference, "what a step hands on is ${steps.STEP.OUTPUT}")
        }
        let target = String(rest[..<dot])
        let output = String(rest[rest.index(after: dot)...])
        if let found = surroundings.before[target] { return checkOutput(reference, output, of: found) }
        let stage = draft.stages[surroundings.stage].stage
        if stage.steps.contains(where: { $0.name == target }) {
            guard let step = surroundings.step?.step.name else {
                return report(reference, "only a step can use what another hands on")
            }
            let why =
                step == target
                ? "a step cannot use what it hands on itself"
                : "step “\(step)” does not wait for “\(target)”; name it in “depends_on”"
            return report(reference, why)
        }
        if let found = surroundings.earlier[target] { return checkOutput(reference, output, of: found) }
        guard !sink.isFull else { return report(reference, "") }
        let elsewhere = draft.stages.first { $0.stage.steps.contains { $0.name == target } }
        if let elsewhere {
            return report(
                reference,
                "step “\(target)” is in pipeline “\(elsewhere.stage.name)”, which this one does not wait for")
        }
        report(reference, "there is no step “\(target)”\(Nearest.hint(target, among: stage.steps.map(\.name)))")
    }

    private func checkOutput(_ reference: SourceReference, _ output: String, of step: Step) {
        guard !step.outputNames.contains(output) else { return }
        report(reference, "step “\(step.name)” has no output “\(output)”\(hint(output, step.outputNames))")
    }

    private func hint(_ output: String, _ names: [String]) -> String {
        if names.isEmpty { return "; it hands on nothing: list it in its “outputs”" }
        let nearest = Nearest.hint(output, among: names)
        return nearest.isEmpty ? "; it hands on \(DocumentReader.list(names))" : nearest
    }

    private func report(_ reference: SourceReference, _ message: @autoclosure () -> String) {
        let (mark, length) = sink.isFull ? (reference.mark, 1) : sink.place(of: reference)
        sink.error(.unknownName, message(), at: mark, length: length)
    }
}
