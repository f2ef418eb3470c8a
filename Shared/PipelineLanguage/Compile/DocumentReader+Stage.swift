import Text

extension DocumentReader {
    /// The fields of a stage, in Drone's format those of a document of `kind: pipeline`.
    func stage(_ fields: Fields, node: SourceNode, name: String, nameMark: SourceMark) -> StageDraft {
        let firstReference = sink.references.count
        var stage = Stage(name: name, steps: [])
        var draft = StageDraft(
            stage: stage, mark: node.mark, nameMark: nameMark, baseName: name)
        let type = fields.take("type")
        let before = sink.errors
        stage.kind = kind(type)
        // Of one that is mistyped nothing follows: what is meant is seen in the steps.
        draft.hasKind = type != nil && sink.errors == before
        let isOfCluster = type.flatMap(plainText).flatMap(Self.stageKind)?.word == "kubernetes"
        stage.platform = platform(fields.take("platform"))
        stage.node = textMap(fields.take("node"), "“node”")
        let environment = fields.take("environment")
        stage.environment = values(environment, "“environment”", defines: true)
        if let environment { warnOfRunVariables(environment) }
        stage.imagePullSecrets = texts(fields.take("image_pull_secrets"), "“image_pull_secrets”")
        if let dependsOn = fields.take("depends_on") {
            draft.dependsOn = names(dependsOn, "“depends_on”")
            stage.dependsOn = draft.dependsOn.map(\.name)
        }
        stage.concurrencyLimit = concurrency(fields.take("concurrency"))
        warnOfConcurrency(fields)
        warnOfCluster(fields)
        stage.clone = clone(fields.take("clone"))
        stage.workspace = workspace(fields.take("workspace"))
        let errors = sink.errors
        (stage.volumes, draft.volumeMarks) = volumes(fields.take("volumes"), isOfCluster: isOfCluster)
        draft.knowsVolumes = sink.errors == errors && !fields.isMistyped("volumes")
        stage.trigger = condition(fields.take("trigger"), word: "trigger")
        stage.timeout = duration(fields.take("timeout"), "“timeout”")
        draft.references = Array(sink.references[firstReference...])
        draft.steps = steps(fields.take("services"), isService: true)
        if let node = fields.take("steps") {
            draft.steps += steps(node, isService: false)
            if case .list(let elements) = node.content, elements.isEmpty {
                sink.error(.badValue, "“steps” has at least one step", at: node)
            }
        } else if !fields.isMistyped("steps"), !sink.unfinished.contains(node.mark) {
            sink.error(.missingField, "\(fields.what) needs “steps”", at: fields.mark)
        }
        stage.services = draft.steps.filter(\.isService).map(\.step)
        stage.steps = draft.steps.filter { !$0.isService }.map(\.step)
        draft.stage = stage
        if isOfCluster, draft.hasKind, let type { warnOfCluster(type, stage) }
        return draft
    }

    /// A pipeline for a cluster runs as one for Docker. In a pod all containers are one host.
    private func warnOfCluster(_ type: SourceNode, _ stage: Stage) {
        let background = stage.services.map(\.name) + stage.steps.filter(\.detach).map(\.name)
        let names = background.map { "“\($0)”" }
        let difference =
            names.isEmpty
            ? ""
            : "; \(Self.list(names, "and")) \(names.count == 1 ? "answers under its name" : "answer under their names"), "
                + "not at localhost"
        sink.warning(.suspicious, "a pipeline of type kubernetes runs as one of type docker\(difference)", at: type)
    }

    /// The type of a pipeline whose steps run on machines of another kind, and what to use. There is no use in reading
    /// any further.
    static func machines(_ type: String) -> String? {
        switch type.lowercased() {
        case "ssh": "use type docker and a step that calls ssh"
        case "macstadium", "macos", "tart": "use type exec, with “platform: {os: darwin}” to choose a builder"
        case "vm", "digitalocean", "aws", "azure", "google", "gcp", "nomad", "vmfusion", "anka":
            "use type docker, with “node” to choose a builder, or exec to run on its machine"
        default: nil
        }
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
        guard let node, let text = text(node, "“type”"), let (word, kind) = Self.stageKind(text) else { return .docker }
        if word != text, word != text.lowercased() || kind.rawValue == word {
            sink.error(.badValue, "“type” is docker or exec, not “\(text)”; did you mean “\(word)”?", at: node)
        }
        return kind
    }

    /// The type a word means, and how that is written; `nil` for one that is nothing like it.
    static func stageKind(_ text: String) -> (word: String, kind: Stage.Kind)? {
        let others = [
            "container": "docker", "containers": "docker", "podman": "docker", "shell": "exec", "local": "exec",
            "k8s": "kubernetes",
        ]
        let kinds = Stage.Kind.allCases.map(\.rawValue)
        let lowered = text.lowercased()
        guard machines(lowered) == nil,
            let word = others[lowered] ?? Nearest.name(to: lowered, among: kinds + ["kubernetes"])
        else { return nil }
        return (word, Stage.Kind(rawValue: word) ?? .docker)
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
            let platform = Platform(os: parts[0], arch: parts[1], variant: parts.count > 2 ? parts[2] : nil)
            check(platform, node, node)
            return platform
        }
        guard let fields = fields(node, what: "“platform”") else { return Platform() }
        let platform = Platform(
            os: optionalName(fields.take("os"), "“os”"), arch: optionalName(fields.take("arch"), "“arch”"),
            variant: optionalName(fields.take("variant"), "“variant”"),
            version: optionalName(fields.take("version"), "“version”"))
        warnOfPlatform(fields)
        fields.finish()
        check(platform, node.member("os"), node.member("arch"))
        return platform
    }

    /// A builder goes by the names that Docker and Drone have for machines.
    private func check(_ platform: Platform, _ os: SourceNode?, _ arch: SourceNode?) {
        let systems = ["linux", "windows", "darwin", "freebsd", "openbsd", "netbsd", "solaris", "dragonfly"]
        let machines = ["amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64", "mips64le"]
        let otherSystems = ["macos": "darwin", "osx": "darwin", "mac": "darwin", "win": "windows"]
        let otherMachines = [
            "x86_64": "amd64", "x64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armv8": "arm64", "armv7": "arm",
            "armv7l": "arm", "armhf": "arm", "i386": "386", "x86": "386", "i686": "386",
        ]
        check(platform.os, os, among: systems, otherSystems)
        check(platform.arch, arch, among: machines, otherMachines)
    }

    private func check(_ word: String?, _ node: SourceNode?, among words: [String], _ others: [String: String]) {
        guard let word, let node, !words.contains(word),
            let nearest = others[word.lowercased()] ?? Nearest.name(to: word, among: words)
        else { return }
        sink.warning(.suspicious, "no builder is called “\(word)”; did you mean “\(nearest)”?", at: node)
    }

    private func concurrency(_ node: SourceNode?) -> Int? {
        guard let node else { return nil }
        // No limit is 0, as in Drone.
        guard case .map = node.content else {
            return integer(node, "“concurrency”", in: 0...1000).flatMap { $0 == 0 ? nil : $0 }
        }
        guard let fields = fields(node, what: "“concurrency”") else { return nil }
        let limit = integer(fields.require("limit"), "“limit”", in: 0...1000)
        fields.finish()
        return limit == 0 ? nil : limit
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
        clone.submodules = bool(fields.take("submodules"), "“submodules”") ?? false
        clone.lfs = bool(fields.take("lfs"), "“lfs”") ?? false
        warnOfClone(fields)
        fields.finish()
        return clone
    }

    private func workspace(_ node: SourceNode?) -> Workspace {
        guard let node else { return Workspace() }
        if case .scalar = node.content { return Workspace(path: optionalName(node, "“workspace”")) }
        guard let fields = fields(node, what: "“workspace”") else { return Workspace() }
        let workspace = Workspace(
            base: optionalName(fields.take("base"), "“base”"), path: optionalName(fields.take("path"), "“path”"))
        fields.finish()
        // What an expression says is known when it runs.
        if let problem = workspace.problem, !"\(workspace.base ?? "")\(workspace.path ?? "")".contains("$") {
            sink.error(.badValue, problem, at: node)
        }
        return workspace
    }

    private func volumes(_ node: SourceNode?, isOfCluster: Bool) -> ([Volume], [SourceMark]) {
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
            let source = volumeSource(fields, element, isOfCluster: isOfCluster)
            fields.finish()
            guard let name, let nameNode else { return nil }
            guard seen.insert(name).inserted else {
                sink.error(.duplicate, "there are two volumes “\(name)”", at: nameNode)
                return nil
            }
            marks.append(nameNode.mark)
            // One that could not be read is there all the same, for the steps that name it.
            return Volume(name: name, source: source ?? .temporary(medium: nil, sizeLimit: nil))
        }
        return (volumes, marks)
    }

    private func volumeSource(_ fields: Fields, _ node: SourceNode, isOfCluster: Bool) -> Volume.Source? {
        if isOfCluster, let entry = fields.takeEntry("claim") {
            sink.warning(
                .noEffect, "builders have no volumes of a cluster: this one is empty when a run begins, as “temp: {}”",
                at: entry.keyMark, length: 5)
            return .temporary(medium: nil, sizeLimit: nil)
        }
        let instead = [
            "claim": "use “temp” or “host”", "empty_dir": "use “temp”",
            "config_map": "keep its files in the repository", "downward_api": "variables of the run are called DRONE_…",
            "secret": "keep it on the platform and give it to a step as a variable: {from_secret: NAME}",
        ]
        for (other, remedy) in instead.sorted(by: { $0.key < $1.key }) where fields.has(other) {
            guard let entry = fields.takeEntry(other) else { continue }
            sink.error(
                .unsupported, "volumes of kind “\(other)” exist on Kubernetes only; \(remedy)",
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
            if !fields.hasForeignWord, !fields.isMistyped("temp"), !fields.isMistyped("host") {
                sink.error(.missingField, "a volume is “temp: {}” or “host: {path: …}”", at: node)
            }
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
