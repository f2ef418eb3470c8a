/// A file of another system, known by its shape: it gets one error that says what it is and how to go on, instead of one
/// for everything in it.
struct ForeignFormat {
    let mark: SourceMark
    let length: Int
    /// What it is and what to do.
    let message: String

    func report(to sink: DiagnosticSink) {
        sink.error(.unsupported, message, at: mark, length: length)
    }

    private init(_ name: String, _ remedy: String, at mark: SourceMark, length: Int = 1) {
        message = "this is \(name); \(remedy)"
        self.mark = mark
        self.length = length
    }

    /// Where the mapping's key is that gave the format away.
    private init(_ name: String, _ remedy: String, at entry: SourceEntry) {
        self.init(name, remedy, at: entry.keyMark, length: entry.key.unicodeScalars.count)
    }

    /// What every format without a nearer relation is told.
    private static let general =
        "begin with “kind: pipeline”, list the work under “steps”, each with “name”, “image” and “commands”, and say when "
        + "it runs with “trigger”"

    // MARK: Programs

    /// A text that is a program and no document at all: its first line says so, or one at the margin that no YAML has.
    init?(text: String) {
        var isFirst = true
        var isComment = false
        let lines = text.split(maxSplits: 200, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let words = line.drop { $0 == " " || $0 == "\t" }
            if isComment || words.hasPrefix("/*") {
                isComment = !words.contains("*/")
                continue
            }
            if words.isEmpty || words.hasPrefix("//") || words.hasPrefix("#") { continue }
            defer { isFirst = false }
            guard isFirst || words.startIndex == line.startIndex,
                let (name, remedy) = Self.program(words, isFirst: isFirst)
            else { continue }
            self.init(
                name, remedy, at: SourceMark(line: number + 1, column: 1), length: words.unicodeScalars.count)
            return
        }
        return nil
    }

    /// A workflow of GitHub's by its keys at the margin: with `{ token: ${{ secrets.X }} }` it cannot be read as YAML.
    init?(workflow text: String) {
        var keys: [String: Int] = [:]
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let key = line.prefix { $0.isLetter || $0 == "-" || $0 == "_" }
            if !key.isEmpty, line.dropFirst(key.count).first == ":" { keys[String(key)] = number + 1 }
        }
        guard keys["on"] != nil, keys["kind"] == nil, keys["steps"] == nil, let jobs = keys["jobs"] else { return nil }
        self = Self.github(at: SourceMark(line: jobs, column: 1), length: 4)
    }

    private static func program(_ line: Substring, isFirst: Bool) -> (String, String)? {
        let word = line.prefix { $0.isLetter || $0 == "@" || $0 == "_" }
        let rest = line.dropFirst(word.count).drop { $0 == " " }
        let generator =
            "a program that makes pipelines is not run: have it make the YAML and commit that, or use a component with "
            + "parameters (“kind: template”)"
        switch word {
        case "def" where rest.hasPrefix("main("): return ("Starlark", generator)
        case "load" where isFirst && rest.first == "(": return ("Starlark", generator)
        case "local" where isFirst && rest.contains("="): return ("Jsonnet", generator)
        case "pipeline" where rest.first == "{", "node" where rest.first == "{" || rest.first == "(",
            "@Library" where rest.first == "(", "library" where rest.first == "'" || rest.first == "\"",
            "properties" where rest.first == "(", "def" where isFirst && rest.contains("="),
            "import" where isFirst && rest.contains("."):
            return (
                "a Jenkinsfile",
                "a stage is a step here, its “sh” lines are the step's “commands”, its agent's image is its “image”: "
                    + general
            )
        default: return nil
        }
    }

    // MARK: Documents

    /// A document of another system.
    init?(document: SourceNode) {
        guard case .map(let entries) = document.content else { return nil }
        if let found = Self.manifest(entries) ?? Self.keyless(entries, document) {
            self = found
        } else {
            return nil
        }
    }

    /// `kind` is a word of Kubernetes, too.
    private static func manifest(_ entries: [SourceEntry]) -> ForeignFormat? {
        guard let version = entries.first("apiVersion") else { return nil }
        if case .scalar(let scalar) = version.value.content, scalar.text.hasPrefix("tekton.dev/") {
            return ForeignFormat("a Tekton resource", general, at: version)
        }
        return ForeignFormat(
            "a manifest of Kubernetes", "apply it to the cluster itself, and name its workload in a step with “deploy”",
            at: version)
    }

    /// Those of Drone say `kind`.
    private static func keyless(_ entries: [SourceEntry], _ document: SourceNode) -> ForeignFormat? {
        guard !entries.contains(where: { $0.key.isSpelling(of: "kind") }) else { return nil }
        // A process of Slipway has “steps”, and beside them whatever holds its anchors.
        guard entries.first("steps") == nil else { return azure(entries) ?? buildkite(entries) ?? woodpecker(entries) }
        return jobs(entries) ?? travis(entries) ?? azure(entries) ?? bitbucket(entries) ?? compose(entries)
            ?? cirrus(entries) ?? gitlab(entries) ?? woodpecker(entries)
    }

    private static func jobs(_ entries: [SourceEntry]) -> ForeignFormat? {
        if let action = entries.first("runs"), action.value.member("using") != nil {
            return github(at: action)
        }
        guard let jobs = entries.first("jobs") ?? entries.first("workflows") ?? entries.first("orbs") else {
            return nil
        }
        if case .list = jobs.value.content { return nil }
        if entries.first("workflows") != nil || entries.first("orbs") != nil
            || entries.first("on") == nil && entries.first("version") != nil
        {
            return ForeignFormat(
                "a configuration of CircleCI",
                "a job is a pipeline here, its “run” steps are “commands”, what it “requires” "
                    + "is its “depends_on”: " + general, at: jobs)
        }
        let isJob = { (job: SourceNode) in job.member("runs-on") != nil || job.member("uses") != nil }
        guard entries.first("on") != nil || jobs.value.values.contains(where: isJob) else { return nil }
        return github(at: jobs)
    }

    private static func github(at entry: SourceEntry) -> ForeignFormat {
        github(at: entry.keyMark, length: entry.key.unicodeScalars.count)
    }

    private static func github(at mark: SourceMark, length: Int) -> ForeignFormat {
        ForeignFormat(
            "a workflow of GitHub Actions",
            "a job is a pipeline here, its “run” lines are “commands”, “on” is “trigger”, "
                + "“needs” is “depends_on”, and “uses” an “image” with “settings”: " + general, at: mark, length: length
        )
    }

    private static func travis(_ entries: [SourceEntry]) -> ForeignFormat? {
        guard entries.first("stages")?.value.isListOfTexts != true else { return nil }
        let script = entries.first("script").flatMap { entry in
            if case .map = entry.value.content { return nil as SourceEntry? }
            return entry
        }
        guard
            let entry = entries.first("language") ?? script ?? entries.first("before_install") ?? entries.first("dist")
        else { return nil }
        return ForeignFormat(
            "a configuration of Travis CI",
            "“language” is the “image” of a step, “install” and “script” are its “commands”, "
                + "“env” is “environment” or “matrix”: " + general, at: entry)
    }

    private static func azure(_ entries: [SourceEntry]) -> ForeignFormat? {
        let words = ["script", "task", "bash", "pwsh", "powershell", "checkout"]
        let steps = entries.first("steps")
        let hasTask = steps?.value.values.contains { step in
            step.member("name") == nil && step.member("step") == nil && words.contains { step.member($0) != nil }
        }
        let stages = entries.first("stages").flatMap {
            $0.value.values.contains { $0.member("stage") != nil } ? $0 : nil
        }
        let jobs = entries.first("jobs").flatMap { $0.value.values.contains { $0.member("job") != nil } ? $0 : nil }
        let pool = hasTask == true || steps == nil ? entries.first("pool") : nil
        let template = entries.first("extends").flatMap { $0.value.member("template") != nil ? $0 : nil }
        guard let entry = stages ?? jobs ?? pool ?? template ?? (hasTask == true ? steps : nil) else { return nil }
        return ForeignFormat(
            "a pipeline of Azure DevOps",
            "“script” lines are “commands” of a step with a “name” and an “image”, “pool” is "
                + "“platform” and “node”, “trigger” is {branch: main}: " + general, at: entry)
    }

    private static func bitbucket(_ entries: [SourceEntry]) -> ForeignFormat? {
        guard let entry = entries.first("pipelines"), case .map = entry.value.content else { return nil }
        let isOfGoCD =
            entries.first("format_version") != nil || entry.value.values.contains { $0.member("materials") != nil }
        guard !isOfGoCD else {
            return ForeignFormat(
                "a configuration of GoCD",
                "a stage is a pipeline here, the “tasks” of a job are the “commands” of a step, “materials” are the repository "
                    + "itself: " + general, at: entry)
        }
        return ForeignFormat(
            "a bitbucket-pipelines.yml",
            "its “branches” and “pull-requests” are pipelines with a “trigger” here, “script” is "
                + "“commands”, a pipe an “image” with “settings”: " + general, at: entry)
    }

    private static func compose(_ entries: [SourceEntry]) -> ForeignFormat? {
        // “pipeline” beside them is of Drone before 1.0.
        guard entries.first("pipeline") == nil, let services = entries.first("services"),
            case .map = services.value.content,
            services.value.values.contains(where: { $0.member("image") != nil || $0.member("build") != nil })
        else { return nil }
        return ForeignFormat(
            "a file of Docker Compose",
            "what runs beside the steps is a list under “services” of a pipeline: " + general,
            at: services)
    }

    private static func buildkite(_ entries: [SourceEntry]) -> ForeignFormat? {
        if let steps = entries.first("steps"),
            steps.value.values.contains(where: { step in
                step.member("name") == nil && step.member("step") == nil && step.member("label") != nil
                    && (step.member("command") != nil || step.member("commands") != nil)
            })
        {
            return ForeignFormat(
                "a pipeline of Buildkite", "a step's “label” is its “name”, its “command” is “commands”: " + general,
                at: steps)
        }
        return nil
    }

    private static func cirrus(_ entries: [SourceEntry]) -> ForeignFormat? {
        let words = ["container", "_container", "_instance", "_script", "_cache", "_artifacts"]
        let task = entries.first { entry in
            guard case .map(let members) = entry.value.content else { return false }
            if entry.key == "task" { return true }
            return entry.key.hasSuffix("_task")
                && members.contains { member in
                    !["before_script", "after_script"].contains(member.key)
                        && words.contains { member.key.hasSuffix($0) }
                }
        }
        guard let task else { return nil }
        return ForeignFormat(
            "a configuration of Cirrus CI",
            "a task is a pipeline here, the image of its “container” is that of the steps, its “…_script” lines are their "
                + "“commands”, “only_if” is “trigger”: " + general, at: task)
    }

    private static func gitlab(_ entries: [SourceEntry]) -> ForeignFormat? {
        let isJob = { (entry: SourceEntry) in
            ["script", "extends", "before_script", "trigger"].contains { entry.value.member($0) != nil }
        }
        let stages = entries.first("stages").flatMap { $0.value.isListOfTexts ? $0 : nil }
        let spec = entries.first("spec").flatMap { $0.value.member("inputs") != nil ? $0 : nil }
        let defaults = entries.first("before_script") ?? entries.first("include") ?? spec
        let staged = entries.first { entry in
            guard case .scalar? = entry.value.member("stage")?.content else { return false }
            return true
        }
        guard let entry = stages ?? defaults ?? entries.first(where: isJob) ?? staged ?? entries.first("workflow")
        else { return nil }
        return ForeignFormat(
            "a .gitlab-ci.yml",
            "the page “Coming from GitLab CI” of the documentation has its words and what they are called "
                + "here: a job is a step, “script” is “commands”, “rules” are “when” and “trigger”, “needs” is “depends_on”",
            at: entry)
    }

    /// The nearest relative: what differs is said about this very file.
    private static func woodpecker(_ entries: [SourceEntry]) -> ForeignFormat? {
        let old = entries.first("pipeline").flatMap { entry in
            if case .map = entry.value.content { return entry }
            return nil as SourceEntry?
        }
        guard let steps = entries.first("steps") ?? old else { return nil }
        let top = ["when", "labels", "runs_on", "skip_clone", "variables"].compactMap { entries.first($0) }
        var isMapping = false
        if case .map = steps.value.content { isMapping = true }
        let hasOwnWord = steps.value.values.contains { step in
            ["secrets", "group", "backend_options"].contains { step.member($0) != nil }
        }
        let hasListOfConditions = steps.value.values.contains { $0.member("when")?.isList == true }
        let hasBackend = steps.value.values.contains { $0.member("backend_options") != nil }
        let telling = top.first { $0.key != "variables" }
        guard isMapping || telling != nil || hasListOfConditions || hasBackend || hasOwnWord && !top.isEmpty else {
            return nil
        }

        var changes: [String] = []
        if old != nil { changes.append("“pipeline” is called “steps”") }
        if isMapping { changes.append("list the steps, each as “- name: …”") }
        if let services = entries.first("services"), case .map = services.value.content {
            changes.append("list the services alike")
        }
        if entries.first("when") != nil { changes.append("the “when” at the top is called “trigger”") }
        if entries.contains(where: { $0.key == "when" && $0.value.isList })
            || hasListOfConditions
        {
            changes.append(
                "a “when” is one mapping whose clauses all have to hold, no list; of several, each needs its own step")
        }
        if entries.first("labels") != nil || entries.first("runs_on") != nil { changes.append("“labels” are “node”") }
        if entries.first("skip_clone") != nil { changes.append("“skip_clone: true” is “clone: false”") }
        if steps.value.values.contains(where: { $0.member("secrets") != nil }) {
            changes.append("“secrets” are {from_secret: NAME} in “environment” or “settings”")
        }
        if steps.value.values.contains(where: { $0.member("group") != nil }) {
            changes.append("“group” is “depends_on”")
        }
        if hasBackend { changes.append("what “backend_options” says of a container is said in the step itself") }
        let name = old == nil ? "a workflow of Woodpecker" : "the format of Drone before 1.0, and of Woodpecker"
        return ForeignFormat(
            name, "begin with “kind: pipeline”; " + changes.joined(separator: "; "), at: telling ?? steps)
    }
}

extension [SourceEntry] {
    fileprivate func first(_ key: String) -> SourceEntry? { first { $0.key == key } }
}

extension SourceNode {
    fileprivate var isList: Bool {
        if case .list = content { return true }
        return false
    }

    /// The elements of a list, or the values of a mapping.
    fileprivate var values: [SourceNode] {
        switch content {
        case .list(let elements): elements
        case .map(let entries): entries.map(\.value)
        case .null, .scalar: []
        }
    }

    /// GitLab's `stages` are the names of groups of jobs.
    fileprivate var isListOfTexts: Bool {
        guard case .list(let elements) = content, !elements.isEmpty else { return false }
        return elements.allSatisfy { element in
            if case .scalar = element.content { return true }
            return false
        }
    }
}
