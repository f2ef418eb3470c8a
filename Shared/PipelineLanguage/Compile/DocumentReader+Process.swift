import Text

extension DocumentReader {
    /// All documents of a file as one process.
    func process(_ documents: [SourceNode], components: [String: Process]) -> ProcessDraft {
        var draft = ProcessDraft()
        for document in documents where draft.hasRoom(limits) {
            if let foreign = ForeignFormat(document: document) {
                foreign.report(to: sink)
                continue
            }
            switch document.content {
            case .list(let elements): bareArray(elements, document, &draft)
            case .map(let entries):
                let fields = Fields(entries, document.mark, what: "the document", sink: sink)
                if fields.has("kind") {
                    kind(entries, document, &draft, components)
                } else {
                    component(entries, document, &draft)
                }
            case .null, .scalar:
                sink.error(
                    .wrongType, "a pipeline is a list of steps or a mapping with “steps”, not \(document.kindName)",
                    at: document)
            }
        }
        return draft
    }

    /// The shortest form: nothing but the steps.
    private func bareArray(_ elements: [SourceNode], _ document: SourceNode, _ draft: inout ProcessDraft) {
        guard !elements.isEmpty else {
            sink.error(.badValue, "a pipeline has at least one step", at: document)
            return
        }
        let entries = [SourceEntry(key: "steps", keyMark: document.mark, value: document)]
        let fields = Fields(entries, document.mark, what: "the document", sink: sink)
        _ = append(stage(fields, node: document, name: "default", nameMark: document.mark), &draft, at: document)
        fields.finish()
    }

    /// A document that says what it is, as all of Drone's do.
    private func kind(
        _ entries: [SourceEntry], _ document: SourceNode, _ draft: inout ProcessDraft,
        _ components: [String: Process]
    ) {
        guard let node = document.member("kind"), let kind = text(node, "“kind”") else { return }
        switch kind {
        case "pipeline":
            if !isForOthers(document, &draft) { stages(entries, document, what: "a pipeline", &draft) }
        case "secret": secret(entries, document, &draft)
        case "template": template(entries, document, &draft, components)
        case "signature":
            sink.warning(
                .noEffect, "a signature has no effect: who may change a pipeline is decided on the platform", at: node)
        case "cron":
            sink.warning(
                .notExecuted,
                "this document has no effect: schedules are kept on the platform; save it there by `slipway cron set`",
                at: node)
        case "registry":
            sink.warning(.noEffect, "registry logins are kept on the platform; this document has no effect", at: node)
        default:
            let kinds = ["pipeline", "secret", "template", "signature"]
            let anchors = "; anchors hold in their own document, so keep them at the top of the pipeline that uses them"
            let nearest = Nearest.hint(kind, among: kinds)
            sink.error(
                .badValue,
                "“kind” is \(Self.list(kinds)), not “\(kind)”\(nearest.isEmpty && document.hasAnchor ? anchors : nearest)",
                at: node)
        }
    }

    /// Whether a pipeline is for something no builder is: that is one error, and nothing else in it is looked at.
    private func isForOthers(_ document: SourceNode, _ draft: inout ProcessDraft) -> Bool {
        guard let node = document.member("type"), let type = plainText(node), Self.stageKind(type) == nil else {
            return false
        }
        if let instead = Self.machines(type) {
            sink.error(.unsupported, "pipelines of type “\(type)” are not run; \(instead)", at: node)
        } else {
            sink.error(.badValue, "“type” is docker or exec, not “\(type)”", at: node)
        }
        draft.unreadStages.insert(document.member("name").flatMap { plainText($0) } ?? "default")
        return true
    }

    /// A process component: a mapping with `steps`, or with `stages` in its full form.
    private func component(_ entries: [SourceEntry], _ document: SourceNode, _ draft: inout ProcessDraft) {
        let fields = Fields(entries, document.mark, what: "the document", sink: sink, mayHoldAnchors: true)
        if fields.has("stages") {
            fullForm(fields, &draft)
        } else if fields.has("steps") {
            if !isForOthers(document, &draft) { stages(entries, document, what: "the document", &draft) }
        } else if document.hasAnchor {
            sink.error(
                .missingField,
                "a document has “kind: pipeline”, or is a process with “steps”; anchors hold in their own document, so keep "
                    + "them at the top of the pipeline that uses them", at: document)
        } else if let entry = entries.first, entry.key == "step" || entry.key == "name" && isStep(entries) {
            sink.error(
                .missingField,
                "this is one step, and a pipeline is a list of them: \(sink.file.hasSuffix(".json") ? "write [{…}]" : "begin it with “- ”")",
                at: entry.keyMark, length: entry.key.unicodeScalars.count)
        } else {
            for entry in entries {
                guard let name = Nearest.name(to: entry.key, among: ["kind", "steps", "stages"]) else { continue }
                return sink.error(
                    .unknownField, "a document has no field “\(entry.key)”; did you mean “\(name)”?", at: entry.keyMark,
                    length: entry.key.unicodeScalars.count)
            }
            sink.error(
                .missingField, "a document has “kind: pipeline”, or is a process with “steps”", at: document)
        }
    }

    private func isStep(_ entries: [SourceEntry]) -> Bool {
        entries.contains { ["image", "commands", "build", "deploy", "settings"].contains($0.key) }
    }

    private func fullForm(_ fields: Fields, _ draft: inout ProcessDraft) {
        version(fields.take("version"))
        draft.name = name(fields.take("name"), "the name of a process", isName: true)
        shared(fields, &draft)
        if let node = fields.take("secrets") {
            for element in elements(node) {
                guard let fields = self.fields(element, what: "a secret") else { continue }
                externalSecret(fields, path: fields.require("path"), key: fields.require("key"), &draft)
                fields.finish()
            }
        }
        if let node = fields.take("stages") {
            guard case .list(let elements) = node.content, !elements.isEmpty else {
                sink.error(.wrongType, "“stages” is a list with at least one stage, not \(node.kindName)", at: node)
                return
            }
            for element in elements {
                guard case .map(let entries) = element.content else {
                    sink.error(.wrongType, "a stage is a mapping, not \(describe(element))", at: element)
                    continue
                }
                if !isForOthers(element, &draft) { stages(entries, element, what: "a stage", &draft) }
            }
        }
        fields.finish()
    }

    private func version(_ node: SourceNode?) {
        guard let node else { return }
        guard integer(node, "“version”", in: 1...1_000_000) ?? 1 != Process.formatVersion else { return }
        sink.error(.unsupported, "this reads version 1 of the format", at: node)
    }

    /// What belongs to the process as a whole, wherever it is written.
    private func shared(_ fields: Fields, _ draft: inout ProcessDraft) {
        for (name, parameter, mark) in parameters(fields.take("parameters")) {
            if let other = draft.parameters.updateValue(parameter, forKey: name), other != parameter {
                sink.error(
                    .duplicate, "the parameter “\(name)” is described twice, and not alike", at: mark,
                    length: name.unicodeScalars.count)
            }
        }
        forEachMember(fields.take("environments"), "“environments”") { entry in
            guard entry.value.content != .null else {
                draft.environments[entry.key] = EnvironmentRule()
                return
            }
            guard let fields = self.fields(entry.value, what: "an environment") else { return }
            draft.environments[entry.key] = EnvironmentRule(
                approvals: integer(fields.take("approvals"), "“approvals”", in: 0...100) ?? 0,
                branches: texts(fields.take("branches"), "“branches”"), url: name(fields.take("url"), "“url”"))
            fields.finish()
        }
    }

    /// A pipeline, or all that its matrix makes of it.
    private func stages(
        _ entries: [SourceEntry], _ document: SourceNode, what: String, _ draft: inout ProcessDraft
    ) {
        let combinations = document.member("matrix").map(matrix) ?? [Matrix.Combination(values: [:], isGiven: false)]
        guard fits(document, times: combinations.count) else { return }
        let baseName =
            document.member("name")
            ?? Fields(entries, document.mark, what: what, sink: sink, mayHoldAnchors: true).mistyped("name")
        for combination in combinations where !budget.isSpent {
            var node = document
            if combination.isGiven { node = substitute(combination.values, in: document) }
            guard case .map(let entries) = node.content else { continue }
            let fields = Fields(entries, node.mark, what: what, sink: sink, mayHoldAnchors: true)
            _ = fields.take("kind")
            _ = fields.take("matrix")
            let isStage = what == "a stage"
            if !isStage {
                version(fields.take("version"))
                shared(fields, &draft)
            }
            let nameNode = fields.take("name") ?? fields.mistyped("name")
            let given = name(nameNode, "the name of a pipeline", isName: true)
            if what == "the document", draft.name == nil { draft.name = given }
            let base = baseName.flatMap { plainText($0) } ?? "default"
            var stageName = given ?? "default"
            if combination.isGiven, stageName == base { stageName += " (\(combination.label))" }
            var stage = stage(fields, node: node, name: stageName, nameMark: nameNode?.mark ?? node.mark)
            fields.finish()
            stage.baseName = base
            stage.stage.matrix = combination.values
            guard append(stage, &draft, at: document) else { return }
        }
    }

    /// Adds a stage, or reports that there are too many of them or of their steps.
    func append(_ stage: StageDraft, _ draft: inout ProcessDraft, at document: SourceNode) -> Bool {
        draft.stages.append(stage)
        draft.stepCount += stage.steps.count
        if draft.stages.count > limits.stages {
            sink.error(.limit, "there are more than \(limits.stages) stages", at: document)
        } else if draft.stepCount > limits.steps {
            sink.error(.limit, "there are more than \(limits.steps) steps", at: document)
        }
        return draft.hasRoom(limits)
    }

    func plainText(_ node: SourceNode) -> String? {
        guard case .scalar(let scalar) = node.content else { return nil }
        return scalar.text
    }

    private func secret(_ entries: [SourceEntry], _ document: SourceNode, _ draft: inout ProcessDraft) {
        let fields = Fields(entries, document.mark, what: "a secret", sink: sink, mayHoldAnchors: true)
        _ = fields.take("kind")
        _ = fields.take("type")
        if let data = fields.take("data") {
            sink.error(
                .unsupported,
                "secrets in the file (encrypted) are not read; keep “\(document.member("name").flatMap(plainText) ?? "it")” on "
                    + "the platform", at: data)
            return
        }
        guard let get = fields.require("get"), let from = self.fields(get, what: "“get”") else { return }
        externalSecret(fields, path: from.require("path"), key: from.take("name") ?? from.take("key"), &draft)
        warn(
            notExecuted: "get", fields,
            "the platform asks no other store for secrets yet; keep “\(document.member("name").flatMap(plainText) ?? "it")” "
                + "on the platform under this name")
        from.finish()
        fields.finish()
    }

    private func externalSecret(
        _ fields: Fields, path: SourceNode?, key: SourceNode?, _ draft: inout ProcessDraft
    ) {
        let nameNode = fields.require("name")
        guard let name = name(nameNode, "the name of a secret", isName: true), let path = self.name(path, "“path”")
        else { return }
        guard draft.secretNames.insert(name).inserted else {
            sink.error(.duplicate, "there are two secrets “\(name)”", at: nameNode?.mark ?? fields.mark)
            return
        }
        draft.secrets.append(ExternalSecret(name: name, path: path, key: self.name(key, "“name”") ?? name))
    }
}
