import Text

/// Checks what can be checked only when everything is read: names, order, expressions. What it completes (the type of
/// a stage, the image of a rollout) is then in the process.
struct DraftValidator {
    let sink: DiagnosticSink
    let limits: SourceLimits
    private(set) var draft: ProcessDraft

    init(_ draft: ProcessDraft, sink: DiagnosticSink, limits: SourceLimits) {
        self.draft = draft
        self.sink = sink
        self.limits = limits
    }

    mutating func validate() {
        guard draft.hasRoom(limits) else { return }
        checkStageNames()
        resolveStageOrder()
        for index in draft.stages.indices {
            checkStepNames(of: index)
            chooseKind(of: index)
            checkImages(of: index)
            checkContainerFields(of: index)
            checkShells(of: index)
            checkHostNames(of: index)
            checkVolumes(of: index)
            checkBranchOnTag(of: index)
            chooseImages(of: index)
        }
        checkReferences()
    }

    // MARK: Stages

    private func checkStageNames() {
        var seen: [String: SourceMark] = [:]
        for stage in draft.stages {
            if let first = seen[stage.stage.name] {
                sink.error(
                    .duplicate,
                    "there are two pipelines “\(stage.stage.name)”; the other is in line \(first.line)"
                        + (stage.stage.name == "default" ? "; one without “name” is called “default”" : ""),
                    at: stage.nameMark)
            } else {
                seen[stage.stage.name] = stage.nameMark
            }
        }
    }

    /// Names in `depends_on` may be those of matrices, and then mean all that these became.
    private mutating func resolveStageOrder() {
        var byName: [String: [String]] = [:]
        for stage in draft.stages {
            byName[stage.stage.name] = [stage.stage.name]
            if stage.baseName != stage.stage.name { byName[stage.baseName, default: []].append(stage.stage.name) }
        }
        for index in draft.stages.indices {
            var names: [String] = []
            var seen = Set<String>()
            for reference in draft.stages[index].dependsOn {
                guard let targets = byName[reference.name] else {
                    if draft.unreadStages.contains(reference.name) { continue }
                    sink.error(
                        .unknownName,
                        "there is no pipeline “\(reference.name)” to wait for\(hint(reference, among: byName.keys))",
                        at: reference.mark, length: reference.length)
                    continue
                }
                for target in targets where seen.insert(target).inserted { names.append(target) }
            }
            draft.stages[index].stage.dependsOn = names
        }
        let graph = DependencyGraph(
            names: draft.stages.map(\.stage.name), dependsOn: draft.stages.map(\.stage.dependsOn))
        for cycle in graph.cycles {
            let path = cycle.map { draft.stages[$0].stage.name }.joined(separator: " → ")
            sink.error(.cycle, "pipelines wait for each other: \(path)", at: draft.stages[cycle[0]].nameMark)
        }
    }

    // MARK: Steps

    private mutating func checkStepNames(of index: Int) {
        let stage = draft.stages[index]
        var seen: [String: SourceMark] = [:]
        for step in stage.steps {
            if let first = seen[step.step.name] {
                sink.error(
                    .duplicate,
                    "there are two steps or services “\(step.step.name)”; the other is in line \(first.line)",
                    at: step.nameMark, length: step.step.name.unicodeScalars.count)
            } else {
                seen[step.step.name] = step.nameMark
            }
        }
        let names = stage.stage.steps.map(\.name)
        let known = Set(names)
        // The clone and the services come first anyway.
        let before = Set(stage.stage.services.map(\.name) + ["clone"]).subtracting(known)
        var drafts = stage.steps
        for number in drafts.indices where !drafts[number].isService && drafts[number].step.dependsOn != nil {
            drafts[number].step.dependsOn = drafts[number].dependsOn.compactMap { reference in
                if known.contains(reference.name) { return reference.name }
                if !before.contains(reference.name) {
                    sink.error(
                        .unknownName,
                        "there is no step “\(reference.name)” in this pipeline to wait for\(hint(reference, names))",
                        at: reference.mark, length: reference.length)
                }
                return nil
            }
        }
        replaceSteps(of: index, by: drafts)
        let graph = StepGraph(draft.stages[index].stage)
        for cycle in graph.graph.cycles {
            let path = cycle.map { names[$0] }.joined(separator: " → ")
            let first = names[cycle[0]]
            let mark = drafts.first { !$0.isService && $0.step.name == first }?.nameMark ?? stage.mark
            sink.error(.cycle, "steps wait for each other: \(path)", at: mark, length: first.unicodeScalars.count)
        }
        checkTangle(graph.graph, of: index)
    }

    /// What waits for a step that does not take part waits for all that one waits for. Through many steps with
    /// conditions that can become as much as the square of their number, which nobody should have to hold.
    private func checkTangle(_ graph: DependencyGraph, of index: Int) {
        let steps = draft.stages[index].stage.steps
        guard steps.count > 1_000 else { return }
        var reach = [Int](repeating: 0, count: steps.count)
        var total = 0
        for node in graph.order {
            var sum = 0
            for dependency in graph.dependencies[node] {
                sum += steps[dependency].when.hasClause ? max(1, reach[dependency]) : 1
            }
            reach[node] = min(sum, steps.count)
            total += reach[node]
        }
        guard total > limits.dependencies else { return }
        sink.error(
            .limit,
            "without the steps whose “when” does not hold, those left could wait for each other in more than "
                + "\(limits.dependencies) ways; make it several pipelines", at: draft.stages[index].nameMark)
    }

    private func hint(_ reference: NameReference, among names: some Sequence<String>) -> String {
        DocumentReader.listHint(reference.name).map { "; a list of names is \($0)" }
            ?? Nearest.hint(reference.name, among: names)
    }

    private func hint(_ reference: NameReference, _ names: [String]) -> String {
        let isStage = draft.stages.contains { $0.stage.name == reference.name }
        if let list = DocumentReader.listHint(reference.name) { return "; a list of names is \(list)" }
        if isStage { return "; it is a pipeline, which this pipeline's own “depends_on” can name" }
        return Nearest.hint(reference.name, among: names)
    }

    private mutating func replaceSteps(of index: Int, by drafts: [StepDraft]) {
        draft.stages[index].steps = drafts
        draft.stages[index].stage.steps = drafts.filter { !$0.isService }.map(\.step)
        draft.stages[index].stage.services = drafts.filter(\.isService).map(\.step)
    }

    /// Without a type: processes where there are commands and nothing has an image, else containers. Image builds and
    /// rollouts are the same in both.
    private mutating func chooseKind(of index: Int) {
        guard !draft.stages[index].hasKind else { return }
        let steps = draft.stages[index].steps
        let hasContainer = steps.contains { $0.step.image != nil || $0.isService }
        let hasCommands = steps.contains { !$0.step.commands.isEmpty }
        draft.stages[index].stage.kind = hasContainer || !hasCommands ? .docker : .exec
    }

    private mutating func checkImages(of index: Int) {
        let stage = draft.stages[index]
        var drafts = stage.steps
        defer { if stage.stage.kind == .exec { replaceSteps(of: index, by: drafts) } }
        for (number, step) in stage.steps.enumerated() {
            switch stage.stage.kind {
            case .docker:
                let needsImage = step.step.build == nil && !step.step.isRollout && !step.step.deploysByCommands
                guard needsImage, step.step.image == nil, !step.hasErrors,
                    !step.step.commands.isEmpty || step.isService
                else {
                    continue
                }
                let word = step.isService ? "service" : "step"
                sink.error(
                    .missingField,
                    "\(word) “\(step.step.name)” has no “image” to run in; without containers say “type: exec”",
                    at: step.nameMark, length: step.step.name.unicodeScalars.count)
            case .exec:
                if step.isService {
                    sink.error(
                        .conflict, "a service runs in a container; a pipeline of type exec has none",
                        at: step.nameMark, length: step.step.name.unicodeScalars.count)
                    continue
                }
                guard step.step.image != nil, stage.hasKind else { continue }
                guard !step.step.commands.isEmpty else {
                    sink.error(
                        .missingField,
                        "step “\(step.step.name)” has no “commands”: a pipeline of type exec has no containers to run an "
                            + "“image” in", at: step.nameMark, length: step.step.name.unicodeScalars.count)
                    continue
                }
                sink.warning(
                    .noEffect, "“image” has no effect in a pipeline of type exec", at: step.nameMark,
                    length: step.step.name.unicodeScalars.count)
                drafts[number].step.image = nil
            }
        }
    }

    private func checkVolumes(of index: Int) {
        let stage = draft.stages[index]
        let names = stage.stage.volumes.map(\.name)
        let known = Set(names)
        var used = Set<String>()
        for reference in stage.steps.flatMap(\.mounts) {
            used.insert(reference.name)
            guard !known.contains(reference.name), stage.knowsVolumes else { continue }
            sink.error(
                .unknownName,
                "this pipeline has no volume “\(reference.name)”\(Nearest.hint(reference.name, among: names))",
                at: reference.mark, length: reference.length)
        }
        for (name, mark) in zip(names, stage.volumeMarks) where !used.contains(name) {
            sink.warning(
                .noEffect, "no step uses the volume “\(name)”", at: mark, length: name.unicodeScalars.count)
        }
    }

    private func checkBranchOnTag(of index: Int) {
        let stage = draft.stages[index]
        let conditions =
            [(stage.stage.trigger, "trigger", stage.mark)] + stage.steps.map { ($0.step.when, "when", $0.mark) }
        for (condition, word, mark) in conditions {
            guard condition.event?.include == ["tag"], condition.branch?.include.isEmpty == false else { continue }
            sink.warning(
                .suspicious, "\(word): a tag has no branch, so “event: tag” together with “branch” never holds",
                at: mark)
        }
    }

    /// A rollout without an image takes what the build before it has pushed: the last build step it waits for, in its
    /// stage or else in the stages before.
    private mutating func chooseImages(of index: Int) {
        guard draft.stages[index].steps.contains(where: { $0.deployWithoutImage != nil }) else { return }
        let stage = draft.stages[index].stage
        let graph = StepGraph(stage)
        let ancestry = Ancestry(graph.graph)
        let builds = stage.steps.indices.filter { stage.steps[$0].build != nil }
        let earlier = stage.dependsOn.isEmpty ? [] : buildsBefore(index)
        var drafts = draft.stages[index].steps
        for number in drafts.indices {
            guard let mark = drafts[number].deployWithoutImage else { continue }
            let own = graph.numbers[drafts[number].step.name]
            let last = own.flatMap { own in builds.last { ancestry.contains($0, before: own) } }
            if let name = last.map({ stage.steps[$0].name }) ?? (earlier.count == 1 ? earlier.first : nil) {
                drafts[number].step.deploy?.image = "${steps.\(name).reference}"
            } else if !drafts.contains(where: \.hasErrors) {
                sink.error(
                    .missingField,
                    "“deploy” needs an “image”: no step with “build” comes before it whose image it could be", at: mark)
            }
        }
        replaceSteps(of: index, by: drafts)
    }

    /// The build steps of the stages before.
    private func buildsBefore(_ index: Int) -> [String] {
        var names: [String] = []
        for (number, isBefore) in isBefore(index).enumerated() where isBefore {
            for step in draft.stages[number].stage.steps.indices {
                guard draft.stages[number].stage.steps[step].build != nil else { continue }
                names.append(draft.stages[number].stage.steps[step].name)
            }
        }
        return names
    }

    /// For each stage whether it comes before this one.
    private func isBefore(_ index: Int) -> [Bool] {
        let graph = DependencyGraph(
            names: draft.stages.map(\.stage.name), dependsOn: draft.stages.map(\.stage.dependsOn))
        var isSeen = [Bool](repeating: false, count: draft.stages.count)
        var work = graph.dependencies[index]
        while let node = work.popLast() {
            guard !isSeen[node] else { continue }
            isSeen[node] = true
            work += graph.dependencies[node]
        }
        isSeen[index] = false
        return isSeen
    }
}
