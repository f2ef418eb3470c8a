import Text

extension DocumentReader {
    /// A step, or a service where `isService`.
    func step(_ node: SourceNode, isService: Bool, number: Int) -> StepDraft? {
        let word = isService ? "service" : "step"
        if isService, case .scalar(let scalar) = node.content { return imageService(scalar, node) }
        let firstReference = sink.references.count
        let errors = sink.errors
        guard let fields = fields(node, what: "a \(word)") else { return nil }
        guard let (name, nameMark) = stepName(fields, word: word, number: number) else {
            return nil
        }
        var step = Step(name: name)
        var draft = StepDraft(step: step, isService: isService, mark: node.mark, nameMark: nameMark)
        readContainer(fields, &step, &draft)
        readWork(fields, &step, &draft, isService: isService)
        if !isService { warnOfWork(fields) }
        warnOfContainer(fields)
        fields.finish()
        check(&step, fields, node, isService: isService, hasErrors: sink.errors > errors)
        draft.hasErrors = sink.errors > errors
        draft.step = step
        draft.references = Array(sink.references[firstReference...])
        return draft
    }

    /// `- postgres:16`: a service that is nothing but an image, named after it.
    private func imageService(_ scalar: SourceScalar, _ node: SourceNode) -> StepDraft? {
        let path = scalar.text.split(separator: "/").last ?? ""
        let name = path.prefix { $0 != ":" && $0 != "@" }
        guard !name.isEmpty else {
            sink.error(.badValue, "a service is an image such as postgres:16, or a mapping", at: node)
            return nil
        }
        let errors = sink.errors
        let step = Step(name: String(name), image: image(node, "a service"))
        return StepDraft(
            step: step, isService: true, mark: node.mark, nameMark: node.mark, hasErrors: sink.errors > errors)
    }

    private func stepName(_ fields: Fields, word: String, number: Int) -> (String, SourceMark)? {
        let given = [fields.take("name"), fields.take(word)].compactMap(\.self)
        if given.count > 1 {
            sink.error(.conflict, "a \(word) has a “name” or a “\(word)”, not both", at: given[1])
        }
        guard let node = given.first ?? fields.mistyped("name") else {
            sink.error(
                .missingField, "\(word) \(number) has no name; begin it with “- name: …”", at: fields.mark)
            return nil
        }
        return name(node, "the name of a \(word)", isName: true).map { ($0, node.mark) }
    }

    private func readContainer(_ fields: Fields, _ step: inout Step, _ draft: inout StepDraft) {
        step.image = image(fields.take("image"), "“image”")
        step.pull = pull(fields.take("pull"))
        let hasCommands = fields.has("commands")
        let (command, entrypoint) = (fields.take("command"), fields.take("entrypoint"))
        step.command = words(
            command, "“command”", after: entrypoint, isService: draft.isService, isUnused: hasCommands)
        step.entrypoint = words(entrypoint, "“entrypoint”", isService: draft.isService, isUnused: hasCommands)
        step.shell = optionalName(fields.take("shell"), "“shell”")
        step.environment = values(fields.take("environment"), "“environment”", defines: true)
        step.settings = settings(fields.take("settings"))
        step.privileged = bool(fields.take("privileged"), "“privileged”") ?? false
        step.user = optionalName(fields.take("user"), "“user”")
        step.workingDirectory = optionalName(fields.take("working_dir"), "“working_dir”")
        (step.mounts, draft.mounts) = mounts(fields.take("volumes"), "“volumes”")
        let (devices, deviceNames) = mounts(fields.take("devices"), "“devices”")
        step.devices = devices
        draft.mounts += deviceNames
        step.dns = texts(fields.take("dns"), "“dns”")
        step.dnsSearch = texts(fields.take("dns_search"), "“dns_search”")
        step.extraHosts = texts(fields.take("extra_hosts"), "“extra_hosts”")
        step.networkMode = optionalName(fields.take("network_mode"), "“network_mode”")
        step.memoryLimit = size(fields.take("mem_limit"), "“mem_limit”")
        step.memorySwapLimit = swapLimit(fields.take("memswap_limit"))
        step.sharedMemorySize = size(fields.take("shm_size"), "“shm_size”")
        step.cpuLimit = cpus(fields.take("cpus"))
        step.processLimit = integer(fields.take("pids_limit"), "“pids_limit”", in: 16...(1 << 22))
    }

    private func readWork(_ fields: Fields, _ step: inout Step, _ draft: inout StepDraft, isService: Bool) {
        let commands = fields.take("commands")
        step.commands = texts(commands, "“commands”", isScript: true)
        checkWholeness(commands, shell: step.shell)
        if let node = fields.take("depends_on") {
            draft.dependsOn = names(node, "“depends_on”")
            step.dependsOn = draft.dependsOn.map(\.name)
        }
        step.when = condition(fields.take("when"), word: "when")
        step.detach = bool(fields.take("detach"), "“detach”") ?? false
        step.failure = failure(fields.take("failure"))
        step.outputs = outputs(fields.take("outputs"))
        step.timeout = duration(fields.take("timeout"), "“timeout”")
        step.retry = retry(fields.take("retry"))
        step.cache = cache(fields.take("cache"))
        step.artifacts = artifacts(fields.take("artifacts"))
        step.ready = probe(fields.take("ready"), "“ready”")
        step.build = fields.take("build").flatMap(build)
        if let node = fields.take("deploy"), let (deploy, hasImage) = deploy(node) {
            step.deploy = deploy
            if !hasImage { draft.deployWithoutImage = node.mark }
        }
    }

    /// Drone takes -1, as Docker does, for no limit of its own.
    private func swapLimit(_ node: SourceNode?) -> Int64? {
        if let node, plainText(node) == "-1" {
            sink.warning(.noEffect, "“memswap_limit: -1” has no effect; what bounds the step is “mem_limit”", at: node)
            return nil
        }
        return size(node, "“memswap_limit”")
    }

    private func cpus(_ node: SourceNode?) -> Double? {
        guard let node, let text = text(node, "“cpus”") else { return nil }
        guard let value = Double(text), (0.01...4096).contains(value) else {
            sink.error(.badValue, "“cpus” is a number from 0.01 on, such as 1.5, not \(describe(node))", at: node)
            return nil
        }
        return value
    }

    func names(_ node: SourceNode, _ what: String) -> [NameReference] {
        if case .map = node.content {
            sink.error(.wrongType, "\(what) is a list of names, not a mapping", at: node)
            return []
        }
        return elements(node).compactMap { element in
            name(element, "each of \(what)", isName: true).map { NameReference(name: $0, mark: element.mark) }
        }
    }

    /// `a, b` for `[a, b]`, or `nil` for one word.
    static func listHint(_ text: String) -> String? {
        guard text.contains(", ") else { return nil }
        return "[\(text)]"
    }

    /// In any case and with or without dashes: Kubernetes has `IfNotPresent` and Drone compares without case.
    private func pull(_ node: SourceNode?) -> PullPolicy? {
        guard let node else { return nil }
        guard case .scalar(let scalar) = node.content else { return choice(node, "“pull”") }
        // Drone 0.8 and Woodpecker have a truth value here.
        if case .bool(let value) = scalar.kind { return value ? .always : .ifNotExists }
        switch scalar.text.lowercased().replacing("-", with: "").replacing("_", with: "") {
        case "default": return nil
        case "":
            sink.warning(.noEffect, "an empty “pull” has no effect", at: node)
            return nil
        case "always": return .always
        case "never": return .never
        case "ifnotexists", "ifnotpresent", "missing": return .ifNotExists
        default: return choice(node, "“pull”")
        }
    }

    private func failure(_ node: SourceNode?) -> FailurePolicy {
        guard let node, let text = text(node, "“failure”") else { return .fail }
        switch text.lowercased().replacing("_", with: "-") {
        case "ignore": return .ignore
        case "fast", "fast-fail", "fail-fast": return .fast
        case "fail", "always", "default": return .fail
        case "":
            sink.warning(.noEffect, "an empty “failure” has no effect", at: node)
            return .fail
        default:
            let words = ["fail", "ignore", "fast"]
            let others = [
                "continue": "ignore", "allow": "ignore", "allowed": "ignore", "true": "ignore", "stop": "fast",
            ]
            let nearest = others[text.lowercased()] ?? Nearest.name(to: text, among: words)
            let hint = nearest.map { "; did you mean “\($0)”?" } ?? ""
            sink.error(.badValue, "“failure” is fail, ignore or fast, not “\(text)”\(hint)", at: node)
            return .fail
        }
    }

    private func mounts(_ node: SourceNode?, _ what: String) -> ([Mount], [NameReference]) {
        guard let node else { return ([], []) }
        guard case .list(let elements) = node.content else {
            sink.error(.wrongType, "\(what) is a list of {name, path}, not \(node.kindName)", at: node)
            return ([], [])
        }
        var mounts: [Mount] = []
        var names: [NameReference] = []
        for element in elements {
            guard case .map = element.content else {
                sink.error(
                    .wrongType,
                    "each of \(what) is {name, path}, where “name” is one of the pipeline's volumes, "
                        + "not \(describe(element))\(bindRemedy(element))", at: element)
                continue
            }
            guard let fields = fields(element, what: "an entry of \(what)") else { continue }
            let nameNode = fields.require("name")
            let name = name(nameNode, "the name of a volume", isName: true)
            let path = self.name(fields.require("path"), "the path of a volume")
            fields.finish()
            guard let name, let path, let nameNode else { continue }
            mounts.append(Mount(name: name, path: path))
            names.append(NameReference(name: name, mark: nameNode.mark))
        }
        return (mounts, names)
    }

    /// `/a:/b`, as Docker's command line has it.
    private func bindRemedy(_ node: SourceNode) -> String {
        let parts = plainText(node)?.split(separator: ":").map(String.init) ?? []
        guard parts.count > 1, parts[1].hasPrefix("/") else { return "" }
        let source = parts[0].hasPrefix("/") || parts[0].hasPrefix(".") ? "host: {path: \(parts[0])}" : "temp: {}"
        let name = source == "temp: {}" ? parts[0] : "NAME"
        return
            "; write {name: \(name), path: \(parts[1])} here and, in the pipeline, “volumes: [{name: \(name), \(source)}]”"
    }

    private func outputs(_ node: SourceNode?) -> [String] {
        guard let node else { return [] }
        var seen = Set<String>()
        return names(node, "“outputs”").compactMap { reference in
            guard RunVariables.isVariable(reference.name.replacing("-", with: "_")) else {
                sink.error(
                    .badValue, "an output has a name of letters, digits, “_” and “-”, not “\(reference.name)”",
                    at: reference.mark, length: reference.length)
                return nil
            }
            guard seen.insert(reference.name).inserted else {
                sink.warning(
                    .duplicate, "the output “\(reference.name)” is listed twice", at: reference.mark,
                    length: reference.length)
                return nil
            }
            return reference.name
        }
    }
}
