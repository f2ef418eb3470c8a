import Text

/// Whether every `${…}` stands for something.
extension DraftValidator {
    /// What a text may refer to: known once for all expressions of a stage.
    private struct Surroundings {
        var stage: Int
        /// `nil` outside of steps.
        var step: StepDraft?
        /// The step's number in its stage; `nil` for a service.
        var number: Int?
        let steps: [String: Int]
        /// `nil` where nothing refers to a step.
        let stepAncestry: Ancestry?
        let stageAncestry: Ancestry?
        let dataNames: DataNames
    }

    /// Which names may stand for any text: asked once for each name of a step, as variables may use each other in more
    /// ways than anybody can count.
    private final class DataNames {
        /// How many variables deep one is followed.
        static let deepest = 32

        /// The answers for the step at hand; “no” for a name that is being looked at.
        var answers: [String: Bool] = [:]
        /// Bytes of variables that may still be read for a whole process. A warning is not worth more.
        var bytes = 8 << 20
    }

    /// Where a step is.
    private struct Place {
        var stage: Int
        var step: Int
    }

    func checkReferences() {
        let isNeeded = draft.stages.contains { stage in
            stage.references.contains(where: \.isOutput)
                || stage.steps.contains { $0.references.contains(where: \.isOutput) }
        }
        var places: [String: [Place]] = [:]
        var stageAncestry: Ancestry?
        if isNeeded {
            for (number, stage) in draft.stages.enumerated() {
                for index in stage.stage.steps.indices {
                    places[stage.stage.steps[index].name, default: []].append(Place(stage: number, step: index))
                }
            }
            stageAncestry = Ancestry(
                DependencyGraph(
                    names: draft.stages.map(\.stage.name), dependsOn: draft.stages.map(\.stage.dependsOn)))
        }
        let dataNames = DataNames()
        for index in draft.stages.indices { checkReferences(of: index, places, stageAncestry, dataNames) }
    }

    private func checkReferences(
        of index: Int, _ places: [String: [Place]], _ stageAncestry: Ancestry?, _ dataNames: DataNames
    ) {
        let stage = draft.stages[index]
        let isNeeded = stage.steps.contains { $0.references.contains(where: \.isOutput) }
        let graph = isNeeded ? StepGraph(stage.stage) : nil
        var surroundings = Surroundings(
            stage: index, steps: graph?.numbers ?? [:], stepAncestry: graph.map { Ancestry($0.graph) },
            stageAncestry: stageAncestry, dataNames: dataNames)
        dataNames.answers = [:]
        checkCycle(of: stage.stage.environment, \.pipeline, stage.references, at: stage.nameMark, length: 1)
        for reference in stage.references { check(reference, surroundings, places) }
        for step in stage.steps {
            let length = step.step.name.unicodeScalars.count
            checkCycle(of: step.step.environment, \.step, step.references, at: step.nameMark, length: length)
        }
        for step in stage.steps where !step.references.isEmpty {
            surroundings.step = step
            dataNames.answers = [:]
            surroundings.number = step.isService ? nil : graph?.numbers[step.step.name]
            for reference in step.references { check(reference, surroundings, places) }
        }
    }

    /// Variables that use each other in a circle never get a value.
    private func checkCycle(
        of environment: [String: Value], _ layer: WritableKeyPath<Scope, Scope.Variables>,
        _ references: [SourceReference], at mark: SourceMark, length: Int
    ) {
        guard !environment.isEmpty else { return }
        let scope = Scope(parameters: draft.parameters.mapValues { _ in "" })
        do throws(SubstitutionError) {
            _ = try TextResolver(scope: scope, budget: SubstitutionBudget()).order(of: environment, layer)
        } catch {
            // The first of the circle; a name without its own place has that of what it is in.
            let first = references.first { $0.definition.map { "${\($0)}" } == error.expression }
            sink.error(.cycle, error.problem, at: first?.mark ?? mark, length: first == nil ? length : 1)
        }
    }

    private func check(
        _ reference: SourceReference, _ surroundings: Surroundings, _ places: [String: [Place]]
    ) {
        let name = reference.name
        let step = surroundings.step
        let index = surroundings.stage
        let stage = draft.stages[index].stage
        guard !checkNumber(reference) else { return }
        checkLiteral(reference, step, stage, places, surroundings.dataNames)
        checkCommand(reference, step, stage, places, surroundings.dataNames)
        checkCode(reference, step, stage, places, surroundings.dataNames)
        checkPattern(reference, step, stage)
        if draft.parameters[name] != nil || stage.matrix[name] != nil { return }
        if Scope.isReserved(name) { return checkReserved(reference, step, stage) }
        guard let dot = name.firstIndex(of: ".") else { return checkPlain(reference, step, stage) }
        let rest = String(name[name.index(after: dot)...])
        switch name[..<dot] {
        case "parameters":
            guard draft.parameters[rest] == nil, !reference.hasDefault else { return }
            report(reference, "there is no parameter “\(rest)”\(Nearest.hint(rest, among: draft.parameters.keys))")
        case "matrix":
            guard stage.matrix[rest] == nil, !reference.hasDefault else { return }
            report(reference, "the matrix has no “\(rest)”\(Nearest.hint(rest, among: stage.matrix.keys))")
        case "steps": checkOutput(reference, rest, surroundings, places)
        default:
            guard Scope.aliases[name] == nil, !reference.hasDefault else { return }
            let nearest = Nearest.hint(name, among: Scope.aliases.keys)
            let instead = DocumentReader.instead(of: name) ?? RunVariable.meant(by: name).map { "write ${\($0)}" }
            report(reference, "there is no “\(name)”\(nearest.isEmpty ? instead.map { "; \($0)" } ?? "" : nearest)")
        }
    }

    // MARK: Quotes

    /// A value that is not plain is never written into a script: it is left to the shell, which replaces nothing there.
    private func checkLiteral(
        _ reference: SourceReference, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]],
        _ known: DataNames
    ) {
        guard let literal = reference.literal, mayBeData(reference.name, step, stage, places, known) else { return }
        let source = reference.source
        switch literal {
        case .singleQuotes:
            warn(
                reference,
                "a shell replaces nothing between single quotes, so \(source) stays there as it is written unless its value is "
                    + "plain; end them around it: '…'\"\(source)\"'…'")
        case .hereDocument:
            warn(
                reference,
                "a shell replaces nothing in a here-document whose end is quoted, so \(source) stays there as it is written "
                    + "unless its value is plain; write its end without quotes")
        }
    }

    /// A value is data, and a command of several words or with operators is one that no shell reads.
    private func checkCommand(
        _ reference: SourceReference, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]],
        _ known: DataNames
    ) {
        guard reference.isCommand, mayBeData(reference.name, step, stage, places, known) else { return }
        warn(
            reference,
            "the value of \(reference.source) is data: a program's name and its words, in which a shell reads no quotes and "
                + "no operators; write eval \"\(reference.source)\" to run it as a command")
    }

    /// A value that is not plain would be code of a program that is no shell of the step: the step fails.
    private func checkCode(
        _ reference: SourceReference, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]],
        _ known: DataNames
    ) {
        guard let program = reference.program, mayBeData(reference.name, step, stage, places, known) else { return }
        let name = Scope.aliases[reference.name] ?? reference.name
        let isVariable =
            !name.contains(".") && draft.parameters[name] == nil && stage.matrix[name] == nil
            && step?.step.deploy == nil
        warn(
            reference,
            "this word is code of \(program): unless the value of \(reference.source) is plain (letters, digits and "
                + "_./@:+,=%-), the step fails; \(CodeWords.remedy(variable: isVariable ? name : nil, for: program))")
    }

    /// A value that looks like a pattern is none in a condition.
    private func checkPattern(_ reference: SourceReference, _ step: StepDraft?, _ stage: Stage) {
        guard reference.isInCondition else { return }
        let name = reference.name
        let prefix = name.prefix { $0 != "." }
        let rest = String(name.dropFirst(prefix.count + 1))
        let own: String? = if case .text(let text)? = value(of: name, for: reference, step, stage) { text } else { nil }
        let value =
            own ?? draft.parameters[prefix == "parameters" ? rest : name]?.standard
            ?? stage.matrix[prefix == "matrix" ? rest : name]
        guard let value, value.utf8.contains(where: { "*?[{".utf8.contains($0) }), !Substitution.hasExpression(value)
        else { return }
        warn(
            reference,
            "the value of \(reference.source) is compared as it is, and “\(value.prefix(60))” is no pattern there; write the "
                + "pattern itself")
    }

    /// Whether the value of a name may be one that is not written into a script.
    private func mayBeData(
        _ name: String, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]], _ known: DataNames,
        depth: Int = 0
    ) -> Bool {
        if let answer = known.answers[name] { return answer }
        known.answers[name] = false
        let answer = isData(name, step, stage, places, known, depth)
        known.answers[name] = answer
        return answer
    }

    private func isData(
        _ name: String, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]], _ known: DataNames,
        _ depth: Int
    ) -> Bool {
        if let value = step?.step.environment[name] { return isData(value, name, step, stage, places, known, depth) }
        let prefix = name.prefix { $0 != "." }
        let rest = String(name.dropFirst(prefix.count + 1))
        if let parameter = draft.parameters[name] ?? (prefix == "parameters" ? draft.parameters[rest] : nil) {
            return parameter.allowed.isEmpty
                ? parameter.kind == .string : !parameter.allowed.allSatisfy(ShellValues.isPlain)
        }
        if let value = stage.matrix[name] ?? (prefix == "matrix" ? stage.matrix[rest] : nil) {
            return !ShellValues.isPlain(value)
        }
        if Scope.aliases[name] != nil || Scope.isOfRun(name) {
            return RunVariable.freeTexts.contains(Scope.aliases[name] ?? name)
        }
        if prefix == "steps", let dot = rest.lastIndex(of: ".") {
            let work = places[String(rest[..<dot])]?.first.map { draft.stages[$0.stage].stage.steps[$0.step] }
            return work.map { $0.build == nil && $0.deploy == nil } ?? false
        }
        return stage.environment[name].map { isData($0, name, step, stage, places, known, depth) } ?? false
    }

    private func isData(
        _ value: Value, _ name: String, _ step: StepDraft?, _ stage: Stage, _ places: [String: [Place]],
        _ known: DataNames, _ depth: Int
    ) -> Bool {
        guard case .text(let text) = value, depth < DataNames.deepest else { return false }
        known.bytes -= text.utf8.count
        guard known.bytes >= 0 else { return false }
        return ExpressionParser.pieces(of: text).contains { piece in
            switch piece {
            case .literal(let text): !ShellValues.isPlain(text)
            case .escape: true
            case .expression(let expression, _):
                expression.name != name && mayBeData(expression.name, step, stage, places, known, depth: depth + 1)
            }
        }
    }

    /// A name without a dot: a parameter, or a variable, of which only a shell may know more.
    private func checkPlain(_ reference: SourceReference, _ step: StepDraft?, _ stage: Stage) {
        let name = reference.name
        guard !reference.isScript, !reference.hasDefault else { return }
        switch value(of: name, for: reference, step, stage) {
        case .text: return
        case .secret:
            return warn(
                reference,
                "“\(name)” is a secret, which only commands see, so ${\(name)} is empty here; use from_secret")
        case nil: break
        }
        let isVariable = name.utf8.allSatisfy { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        if isVariable {
            warn(
                reference,
                "nothing is called “\(name)” here, so ${\(name)} is empty; "
                    + (reference.mayBeSecret ? "\(SecretWords.advice(name)), and " : "write ")
                    + "$${\(name)} \(reference.mayBeSecret ? "is" : "for") the text itself")
        } else {
            report(
                reference,
                "there is no parameter “\(name)”"
                    + ((Nearest.name(to: name, among: draft.parameters.keys) ?? RunVariable.meant(by: name))
                        .map { "; did you mean “\($0)”?" } ?? "; write $${\(name)} for the text itself"))
        }
    }

    /// What a variable of the step or its stage is where the reference stands: its own value is none yet.
    private func value(
        of name: String, for reference: SourceReference, _ step: StepDraft?, _ stage: Stage
    ) -> Value? {
        guard let step else { return reference.definition == name ? nil : stage.environment[name] }
        if let own = step.step.environment[name], reference.definition != name { return own }
        return stage.environment[name]
    }

    /// A name that belongs to the platform: whether anybody sets it.
    private func checkReserved(_ reference: SourceReference, _ step: StepDraft?, _ stage: Stage) {
        let name = reference.name
        guard !reference.hasDefault, stage.environment[name] == nil, step?.step.environment[name] == nil else {
            return
        }
        if RunVariable.isSet(name) {
            if reference.isInCondition, RunVariable.isOfMoment(name) {
                return warn(
                    reference, "“\(name)” is known when a step starts, so ${\(name)} is empty in a condition"
                )
            }
            guard RunVariable.isOfPlace(name), !reference.isScript else { return }
            if RunVariable.workspaceNames.contains(name), step != nil { return }
            return warn(reference, "“\(name)” is known to commands only, so ${\(name)} is empty here")
        }
        if let step, reference.isScript, step.step.commands.contains(where: { ShellNames.assigns(name, in: $0) }) {
            return
        }
        if let variable = RunVariable.named(name) {
            return warn(reference, "“\(name)” is never set: \(variable.meaning)", .notExecuted)
        }
        warn(reference, "“\(name)” is not a variable of a run\(Nearest.hint(name, among: RunVariable.setNames))")
    }

    /// - Returns: Whether it is an error.
    private func checkNumber(_ reference: SourceReference) -> Bool {
        guard let problem = reference.problem else { return false }
        if reference.isScript {
            if Scope.isReserved(reference.name) {
                warn(reference, "\(reference.source) is left for the shell: \(problem)")
            }
            return false
        }
        let (mark, length) = sink.place(of: reference)
        let foreign = DocumentReader.instead(of: reference.source.dropFirst(2).dropLast().replacing(":", with: "."))
        let words = foreign.map { "there is no “\(reference.name)”; \($0)" } ?? problem
        sink.error(.badValue, "\(reference.source): \(words)", at: mark, length: length)
        return true
    }

    private func warn(
        _ reference: SourceReference, _ message: String, _ code: Diagnostic.Code = .suspicious
    ) {
        let (mark, length) = sink.place(of: reference)
        sink.warning(code, message, at: mark, length: length)
    }

    private func checkOutput(
        _ reference: SourceReference, _ rest: String, _ surroundings: Surroundings, _ places: [String: [Place]]
    ) {
        guard let dot = rest.lastIndex(of: ".") else {
            return report(reference, "what a step hands on is ${steps.STEP.OUTPUT}")
        }
        let target = String(rest[..<dot])
        let output = String(rest[rest.index(after: dot)...])
        let index = surroundings.stage
        if let found = places[target]?.first(where: { $0.stage == index }) {
            guard let step = surroundings.step?.step.name else {
                return report(reference, "only a step can use what another hands on")
            }
            if let number = surroundings.number, let own = surroundings.steps[target],
                surroundings.stepAncestry?.contains(own, before: number) == true
            {
                return checkOutput(reference, output, of: found)
            }
            let why =
                step == target
                ? "a step cannot use what it hands on itself"
                : "step “\(step)” does not wait for “\(target)”; name it in “depends_on”"
            return report(reference, why)
        }
        let earlier = places[target]?.first { surroundings.stageAncestry?.contains($0.stage, before: index) == true }
        if let earlier { return checkOutput(reference, output, of: earlier) }
        guard !sink.isFull else { return report(reference, "") }
        if let elsewhere = places[target]?.first {
            let pipeline = draft.stages[elsewhere.stage].stage.name
            return report(
                reference, "step “\(target)” is in pipeline “\(pipeline)”, which this one does not wait for")
        }
        let names = draft.stages[index].stage.steps.map(\.name)
        report(reference, "there is no step “\(target)”\(Nearest.hint(target, among: names))")
    }

    private func checkOutput(_ reference: SourceReference, _ output: String, of place: Place) {
        let names = draft.stages[place.stage].stage.steps[place.step].outputNames
        guard !names.contains(output) else { return }
        let name = draft.stages[place.stage].stage.steps[place.step].name
        // It may hand on what it would hand on without its mistakes.
        let isWrong = draft.stages[place.stage].steps.contains { $0.step.name == name && $0.hasErrors }
        guard !names.isEmpty || !isWrong else { return }
        report(reference, "step “\(name)” has no output “\(output)”\(hint(output, names))")
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

extension SourceReference {
    /// Whether it is what a step hands on.
    fileprivate var isOutput: Bool { name.hasPrefix("steps.") }
}
