extension DocumentReader {
    /// The fields of a stage, in Drone's format those of a document of `kind: pipeline`.
    func stage(_ fields: Fields, node: SourceNode, name: String, nameMark: SourceMark) -> StageDraft {
        let firstReference = sink.references.count
        var stage = Stage(name: name, steps: [])
        var draft = StageDraft(
            stage: stage, mark: node.mark, nameMark: nameMark, baseName: name, hasKind: fields.has("type"))
        stage.kind = kind(fields.take("type"))
        stage.platform = platform(fields.take("platform"))
        stage.node = textMap(fields.take("node"), "“node”")
        stage.environment = values(fields.take("environment"), "“environment”")
        stage.imagePullSecrets = texts(fields.take("image_pull_secrets"), "“image_pull_secrets”")
        if let dependsOn = fields.take("depends_on") {
            draft.dependsOn = names(dependsOn, "“depends_on”")
            stage.dependsOn = draft.dependsOn.map(\.name)
        }
        stage.concurrencyLimit = concurrency(fields.take("concurrency"))
        warnOfConcurrency(fields)
        stage.clone = clone(fields.take("clone"))
        stage.workspace = workspace(fields.take("workspace"))
        (stage.volumes, draft.volumeMarks) = volumes(fields.take("volumes"))
        stage.trigger = condition(fields.take("trigger"), word: "trigger")
        stage.timeout = duration(fields.take("timeout"), "“timeout”")
        draft.references = Array(sink.references[firstReference...])
        draft.steps = steps(fields.take("services"), isService: true)
        if let node = fields.take("steps") {
            draft.steps += steps(node, isService: false)
            if case .list(let elements) = node.content, elements.isEmpty {
                sink.error(.badValue, "“steps” has at least one step", at: node)
            }
        } else {
            sink.error(.missingField, "\(fields.what) needs “steps”", at: fields.mark)
        }
        stage.services = draft.steps.filter(\.isService).map(\.step)
        stage.steps = draft.steps.filter { !$0.isService }.map(\.step)
        draft.stage = stage
        return draft
    }

    private func steps(_ node: SourceNode?, isService: Bool) -> [StepDraft] {
        guard let node else { return [] }
        let field = isService ? "services" : "steps"
        guard case .list(let elements) = node.content else {
            sink.error(
                .wrongType, "“\(field)” is a list: begin each with “- name: …”, not \(node.kindName)", at: node)
            return []
        }
        return elements.enumerated().compactMap { step($0.element, isService: isService, number: $0.offset + 1) }
    }

    private func kind(_ node: SourceNode?) -> Stage.Kind {
        guard let node, let text = text(node, "“type”") else { return .docker }
        if let kind = Stage.Kind(rawValue: text) { return kind }
        let instead: [String: String] = [
            "kubernetes": "use type docker: its builder runs the containers",
            "ssh": "use type docker and a step that calls ssh",
            "digitalocean": "use type docker, with “node” to choose a builder",
            "macstadium": "use type exec, with “platform” to choose a builder",
            "aws": "use type docker, with “node” to choose a builder",
            "vm": "use type docker, with “node” to choose a builder",
        ]
        if let instead = instead[text] {
            sink.error(.unsupported, "pipelines of type “\(text)” are not run; \(instead)", at: node)
        } else {
            let words = Stage.Kind.allCases.map(\.rawValue)
            sink.error(
                .badValue, "“type” is docker or exec, not “\(text)”\(Nearest.hint(text, among: words))", at: node)
        }
        return .docker
    }

    private func platform(_ node: SourceNode?) -> Platform {
        guard let node else { return Platform() }
        if case .scalar(let scalar) = node.content {
            // linux/arm64/v8, as Docker writes it.
            let parts = scalar.text.split(separator: "/").map(String.init)
            guard (2...3).contains(parts.count) else {
                sink.error(.badValue, "“platform” is {os, arch} or a text such as linux/arm64", at: node)
                return Platform()
            }
            return Platform(os: parts[0], arch: parts[1], variant: parts.count > 2 ? parts[2] : nil)
        }
        guard let fields = fields(node, what: "“platform”") else { return Platform() }
        let platform = Platform(
            os: name(fields.take("os"), "“os”"), arch: name(fields.take("arch"), "“arch”"),
            variant: name(fields.take("variant"), "“variant”"), version: name(fields.take("version"), "“version”"))
        warnOfPlatform(fields)
        fields.finish()
        return platform
    }

    private func concurrency(_ node: SourceNode?) -> Int? {
        guard let node else { return nil }
        guard case .map = node.content else { return integer(node, "“concurrency”", in: 1...1000) }
        guard let fields = fields(node, what: "“concurrency”") else { return nil }
        let limit = integer(fields.require("limit"), "“limit”", in: 1...1000)
        fields.finish()
        return limit
    }

    private func clone(_ node: SourceNode?) -> Clone {
        guard let node else { return Clone() }
        if case .scalar = node.content {
            return Clone(disable: bool(node, "“clone”").map { !$0 } ?? false)
        }
        guard let fields = fields(node, what: "“clone”") else { return Clone() }
        var clone = Clone()
        clone.disable = bool(fields.take("disable"), "“disable”") ?? false
        clone.depth = integer(fields.take("depth"), "“depth”", in: 0...1_000_000) ?? 0
        clone.retries = integer(fields.take("retries"), "“retries”", in: 0...10) ?? 0
        clone.skipVerify = bool(fields.take("skip_verify"), "“skip_verify”") ?? false
        clone.trace = bool(fields.take("trace"), "“trace”") ?? false
        warnOfClone(fields)
        fields.finish()
        return clone
    }

    private func workspace(_ node: SourceNode?) -> Workspace {
        guard let node else { return Workspace() }
        if case .scalar = node.content { return Workspace(path: name(node, "“workspace”")) }
        guard let fields = fields(node, what: "“workspace”") else { return Workspace() }
        let workspace = Workspace(
            base: name(fields.take("base"), "“base”"), path: name(fields.take("path"), "“path”"))
        fields.finish()
        return workspace
    }

    private func volumes(_ node: SourceNode?) -> ([Volume], [SourceMark]) {
        guard let node else { return ([], []) }
        guard case .list(let elements) = node.content else {
            sink.error(.wrongType, "“volumes” is a list, not \(node.kindName)", at: node)
            return ([], [])
        }
        var seen = Set<String>()
        var marks: [SourceMark] = []
        let volumes: [Volume] = elements.compactMap { element in
            guard let fields = fields(element, what: "a volume") else { return nil }
            let nameNode = fields.require("name")
            let name = name(nameNode, "the name of a volume", isName: true)
            let source = volumeSource(fields, element)
            fields.finish()
            guard let name, let nameNode, let source else { return nil }
            guard seen.insert(name).inserted else {
                sink.error(.duplicate, "there are two volumes “\(name)”", at: nameNode)
                return nil
            }
            marks.append(nameNode.mark)
            return Volume(name: name, source: source)
        }
        return (volumes, marks)
    }

    private func volumeSource(_ fields: Fields, _ node: SourceNode) -> Volume.Source? {
        for other in ["claim", "config_map", "secret", "downward_api", "empty_dir"] where fields.has(other) {
            guard let entry = fields.takeEntry(other) else { continue }
            sink.error(
                .unsupported, "volumes of kind “\(other)” exist on Kubernetes only; use “temp” or “host”",
                at: entry.keyMark, length: other.unicodeScalars.count)
            return nil
        }
        let temporary = fields.takeEntry("temp")
        let host = fields.takeEntry("host")
        if let host {
            if let temporary {
                sink.error(.conflict, "a volume is “temp” or “host”, not both", at: temporary.keyMark, length: 4)
            }
            guard let fields = self.fields(host.value, what: "“host”") else { return nil }
            let path = name(fields.require("path"), "“path”")
            fields.finish()
            return path.map { .host(path: $0) }
        }
        guard let temporary else {
            sink.error(.missingField, "a volume is “temp: {}” or “host: {path: …}”", at: node)
            return nil
        }
        guard temporary.value.content != .null else { return .temporary(medium: nil, sizeLimit: nil) }
        guard let fields = self.fields(temporary.value, what: "“temp”") else { return nil }
        let medium = name(fields.take("medium"), "“medium”")
        if let medium, medium != "memory", let node = temporary.value.member("medium") {
            sink.error(.badValue, "“medium” is memory, or absent for a disk, not “\(medium)”", at: node)
        }
        let limit = size(fields.take("size_limit"), "“size_limit”")
        if limit != nil, medium == nil {
            warn(
                notExecuted: "size_limit", fields,
                "“size_limit” does nothing on a disk; with “medium: memory” it is the most that fits")
        }
        fields.finish()
        return .temporary(medium: medium, sizeLimit: limit)
    }
}
