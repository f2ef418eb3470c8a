/// Whether every `${…}` stands for something.
extension DraftValidator {
    func checkReferences(of index: Int) {
        let stage = draft.stages[index]
        for reference in stage.references { check(reference, in: nil, index) }
        for step in stage.steps {
            for reference in step.references { check(reference, in: step, index) }
        }
    }

    private func check(_ reference: SourceReference, in step: StepDraft?, _ index: Int) {
        let name = reference.name
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
        case "steps": checkOutput(reference, rest, step, index)
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
            sink.warning(
                .suspicious,
                "nothing is called “\(name)” here, so ${\(name)} is empty; write $${\(name)} for the text itself",
                at: reference.mark, length: reference.length)
        } else {
            report(
                reference,
                "there is no parameter “\(name)”"
                    + (Nearest.name(to: name, among: draft.parameters.keys).map { "; did you mean “\($0)”?" }
                        ?? "; write $${\(name)} for the text itself"))
        }
    }

    private func checkOutput(_ reference: SourceReference, _ rest: String, _ step: StepDraft?, _ index: Int) {
        guard let dot = rest.lastIndex(of: ".") else {
            return report(reference, "what a step hands on is ${steps.STEP.OUTPUT}")
        }
        let target = String(rest[..<dot])
        let output = String(rest[rest.index(after: dot)...])
        let stage = draft.stages[index].stage
        if let found = stage.steps.first(where: { $0.name == target }) {
            if let step, !ancestors(of: step.step.name, in: stage).contains(where: { $0.name == target }) {
                let why =
                    step.step.name == target
                    ? "a step cannot use what it hands on itself"
                    : "step “\(step.step.name)” does not wait for “\(target)”; name it in “depends_on”"
                return report(reference, why)
            }
            if step == nil { return report(reference, "only a step can use what another hands on") }
            return checkOutput(reference, output, of: found)
        }
        let before = stagesBefore(index).flatMap { draft.stages[$0].stage.steps }
        if let found = before.first(where: { $0.name == target }) { return checkOutput(reference, output, of: found) }
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
        let hint = Nearest.hint(output, among: step.outputNames)
        let all = step.outputNames.isEmpty ? "it hands on nothing; list it in its “outputs”" : "it hands on \(DocumentReader.list(step.outputNames))"
        report(reference, "step “\(step.name)” has no output “\(output)”\(hint.isEmpty ? "; \(all)" : hint)")
    }

    private func report(_ reference: SourceReference, _ message: String) {
        sink.error(.unknownName, message, at: reference.mark, length: reference.length)
    }
}
