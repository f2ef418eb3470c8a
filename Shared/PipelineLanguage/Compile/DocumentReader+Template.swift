import Text

extension DocumentReader {
    /// `kind: template`: the stages of a component of the platform, its parameters bound to `data`.
    func template(
        _ entries: [SourceEntry], _ document: SourceNode, _ draft: inout ProcessDraft,
        _ components: [String: Process]
    ) {
        let fields = Fields(entries, document.mark, what: "a template", sink: sink, mayHoldAnchors: true)
        _ = fields.take("kind")
        let givenName = name(fields.take("name"), "“name”", isName: true)
        let loadNode = fields.require("load")
        let data = fields.take("data")
        fields.finish()
        guard let loadNode, let load = name(loadNode, "“load”", isName: true) else { return }
        if load.hasSuffix(".star") || load.hasSuffix(".starlark") || load.hasSuffix(".jsonnet") {
            sink.error(
                .unsupported, "“\(load)” is a program; a template is a component of the platform, with parameters",
                at: loadNode)
            return
        }
        let component = Self.componentName(load)
        guard let process = components[component] else {
            sink.error(
                .unknownName,
                "the platform has no component “\(component)”\(Nearest.hint(component, among: components.keys))",
                at: loadNode)
            return
        }
        let given = templateData(data, process)
        guard let given, let values = bind(given, process, data, at: loadNode) else { return }
        if draft.name == nil { draft.name = givenName ?? process.name }
        for stage in process.stages where draft.hasRoom(limits) {
            append(stage, of: process, values, named: givenName, document, &draft)
        }
        draft.environments.merge(process.environments) { first, _ in first }
        for secret in process.secrets where draft.secretNames.insert(secret.name).inserted {
            draft.secrets.append(secret)
        }
    }

    /// `web.yaml` is the component `web`.
    static func componentName(_ load: String) -> String {
        for suffix in [".yaml", ".yml", ".json"] where load.hasSuffix(suffix) {
            return String(load.dropLast(suffix.count))
        }
        return load
    }

    /// The values given, or `nil` where one is missing only because it could not be read.
    private func templateData(_ node: SourceNode?, _ process: Process) -> [String: String]? {
        var values: [String: String] = [:]
        var isComplete = true
        forEachMember(node, "“data”") { entry in
            guard process.parameters[entry.key] != nil else {
                let nearest = Nearest.hint(entry.key, among: process.parameters.keys)
                sink.error(
                    .unknownName, "component “\(process.name)” has no parameter “\(entry.key)”\(nearest)",
                    at: entry.keyMark, length: entry.key.unicodeScalars.count)
                return
            }
            guard case .scalar(let scalar) = entry.value.content else {
                sink.error(
                    .wrongType,
                    "the value of a parameter is text, a number or a truth value, not \(entry.value.kindName)",
                    at: entry.value)
                isComplete = false
                return
            }
            values[entry.key] = Self.plain(scalar)
        }
        return isComplete ? values : nil
    }

    private func bind(
        _ given: [String: String], _ process: Process, _ data: SourceNode?, at node: SourceNode
    ) -> [String: String]? {
        do throws(ParameterError) {
            return try process.parameterValues(given: given)
        } catch {
            for problem in error.problems {
                let entry = problem.name.flatMap { data?.member($0) }
                sink.error(.badValue, problem.text, at: entry ?? node)
            }
            return nil
        }
    }

    private func append(
        _ stage: Stage, of process: Process, _ values: [String: String], named name: String?, _ document: SourceNode,
        _ draft: inout ProcessDraft
    ) {
        do throws(SubstitutionError) {
            var stage = try stage.resolved(
                in: Scope(parameters: values, isPartial: true), budget, isForWorker: false)
            // A template of one stage goes by the name it is given here, so that it can be loaded twice.
            if process.stages.count == 1, let name { stage.name = name }
            var stageDraft = StageDraft(
                stage: stage, mark: document.mark, nameMark: document.mark, baseName: stage.name, hasKind: true)
            stageDraft.dependsOn = stage.dependsOn.map { NameReference(name: $0, mark: document.mark) }
            let steps = stage.services.map { ($0, true) } + stage.steps.map { ($0, false) }
            stageDraft.steps = steps.map { step, isService in
                var draft = StepDraft(step: step, isService: isService, mark: document.mark, nameMark: document.mark)
                draft.dependsOn = (step.dependsOn ?? []).map { NameReference(name: $0, mark: document.mark) }
                return draft
            }
            _ = append(stageDraft, &draft, at: document)
        } catch {
            sink.error(.unknownName, "component “\(process.name)”: \(error)", at: document)
        }
    }
}
