import Contracts

/// Applies a scope to the fields of a step and says which one an error is in.
struct TextResolver {
    var scope: Scope
    let budget: SubstitutionBudget
    /// Where values go that `commands` must not contain.
    var shellValues: ShellValues?
    /// Whether no later pass sees the texts: what is left in them stays, and `$$` is one `$`.
    var settles = false
    /// Whether a later pass has all the values of this one.
    let isForWorker: Bool
    /// What the image of a step starts where the step says nothing else; `nil` where nobody knows it.
    var imageEntrypoint: [String]?

    init(scope: Scope, budget: SubstitutionBudget, isForWorker: Bool = true) {
        self.scope = scope
        self.budget = budget
        self.isForWorker = isForWorker
    }

    func text(_ text: String, _ field: String, context: Substitution.Context = .text) throws(SubstitutionError)
        -> String
    {
        do throws(SubstitutionError) {
            let text = try Substitution.apply(
                to: text, in: scope, context: context, budget: budget, shellValues: shellValues)
            return settles && scope.isPartial ? Substitution.settled(text) : text
        } catch {
            var error = error
            error.field = field
            throw error
        }
    }

    func text(_ text: String?, _ field: String) throws(SubstitutionError) -> String? {
        guard let text else { return nil }
        return try self.text(text, field) as String
    }

    func texts(_ texts: [String], _ field: String) throws(SubstitutionError) -> [String] {
        var resolved: [String] = []
        for text in texts { resolved.append(try self.text(text, field)) }
        return resolved
    }

    func textMap(_ texts: [String: String], _ field: String) throws(SubstitutionError) -> [String: String] {
        var resolved = texts
        for (name, text) in texts { resolved[name] = try self.text(text, "\(field).\(name)") }
        return resolved
    }

    func script(_ lines: [String], _ field: String) throws(SubstitutionError) -> [String] {
        var resolved: [String] = []
        for line in lines { resolved.append(try text(line, field, context: .shell)) }
        return resolved
    }

    /// The words of a program's call. What a shell among them is told to run is a script, and what another program is told
    /// to run is code.
    /// - Parameter first: The words before them.
    func words(
        _ words: [String], _ field: String, after first: [String] = []
    ) throws(SubstitutionError) -> [String] {
        let code = CodeWords.places(in: first + words)
        let scripts = ShellName.scripts(in: first + words)
        var resolved: [String] = []
        for (index, word) in words.enumerated() {
            let place = first.count + index
            let context: Substitution.Context =
                code[place].map { .code(of: $0) } ?? (scripts.contains(place) ? .shell : .text)
            resolved.append(try text(word, field, context: context))
        }
        return resolved
    }

    /// The words behind an entrypoint, which may be the image's own.
    func command(
        _ words: [String], _ field: String, after entrypoint: [String]
    ) throws(SubstitutionError) -> [String] {
        guard entrypoint.isEmpty else { return try self.words(words, field, after: entrypoint) }
        if let imageEntrypoint { return try self.words(words, field, after: imageEntrypoint) }
        // Whoever starts the container knows whether one of these words is a script: until then all are taken for one.
        if scope.isPartial, isForWorker { return try script(words, field) }
        return try self.words(words, field, after: ShellName.unknownEntrypoint)
    }

    func value(_ value: Value?, _ field: String) throws(SubstitutionError) -> Value? {
        switch value {
        case .text(let text): return .text(try self.text(text, field))
        case .secret(let name): return .secret(try text(name, field))
        case nil: return nil
        }
    }

    func values(_ values: [String: Value], _ field: String) throws(SubstitutionError) -> [String: Value] {
        var resolved = values
        for (name, value) in values { resolved[name] = try self.value(value, "\(field).\(name)") }
        return resolved
    }

    func settings(_ settings: [String: Setting], _ field: String) throws(SubstitutionError) -> [String: Setting] {
        var resolved = settings
        for (name, setting) in settings {
            switch setting {
            case .value(let value): resolved[name] = .value(try json(value, "\(field).\(name)"))
            case .secret(let secret): resolved[name] = .secret(try text(secret, "\(field).\(name)"))
            }
        }
        return resolved
    }

    private func json(_ value: JSONValue, _ field: String) throws(SubstitutionError) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .number, .large: return value
        case .string(let text): return .string(try self.text(text, field))
        case .array(let elements):
            var resolved: [JSONValue] = []
            for element in elements { resolved.append(try json(element, field)) }
            return .array(resolved)
        case .object(let members):
            var resolved = members
            for (name, member) in members { resolved[name] = try json(member, field) }
            return .object(resolved)
        }
    }

    func probe(_ probe: Probe?, _ field: String) throws(SubstitutionError) -> Probe? {
        guard var resolved = probe else { return nil }
        resolved.path = try text(resolved.path, "\(field).path")
        resolved.command = try words(resolved.command, "\(field).command")
        return resolved
    }

    func condition(_ condition: Condition, _ word: String) throws(SubstitutionError) -> Condition {
        guard condition != .always else { return condition }
        var resolved = condition
        resolved.branch = try matcher(condition.branch, "\(word).branch")
        resolved.event = try matcher(condition.event, "\(word).event")
        resolved.ref = try matcher(condition.ref, "\(word).ref")
        resolved.repo = try matcher(condition.repo, "\(word).repo")
        resolved.instance = try matcher(condition.instance, "\(word).instance")
        resolved.target = try matcher(condition.target, "\(word).target")
        resolved.cron = try matcher(condition.cron, "\(word).cron")
        resolved.action = try matcher(condition.action, "\(word).action")
        resolved.paths = try matcher(condition.paths, "\(word).paths")
        return resolved
    }

    private func matcher(_ matcher: Matcher?, _ field: String) throws(SubstitutionError) -> Matcher? {
        guard let matcher else { return nil }
        return Matcher(include: try patterns(matcher.include, field), exclude: try patterns(matcher.exclude, field))
    }

    private func patterns(_ patterns: [String], _ field: String) throws(SubstitutionError) -> [String] {
        var resolved: [String] = []
        for pattern in patterns { resolved.append(try text(pattern, field, context: .pattern)) }
        return resolved
    }

    func build(_ build: ImageBuild?) throws(SubstitutionError) -> ImageBuild? {
        guard var resolved = build else { return nil }
        resolved.context = try text(resolved.context, "build.context")
        resolved.dockerfile = try text(resolved.dockerfile, "build.dockerfile")
        resolved.repository = try repository(resolved.repository, "build.repository")
        resolved.tags = try resolved.tags.map { text throws(SubstitutionError) in try tag(text, "build.tags") }
        resolved.target = try text(resolved.target, "build.target")
        resolved.arguments = try values(resolved.arguments, "build.args")
        resolved.labels = try textMap(resolved.labels, "build.labels")
        resolved.cacheFrom = try texts(resolved.cacheFrom, "build.cache_from").filter { !$0.isEmpty }
        if let platform = resolved.platform {
            resolved.platform = try name(platform, "build.platform", "platform such as linux/arm64")
        }
        resolved.username = try value(resolved.username, "build.username")
        resolved.password = try value(resolved.password, "build.password")
        return resolved
    }

    func deploy(_ deploy: Deploy?) throws(SubstitutionError) -> Deploy? {
        guard var resolved = deploy else { return nil }
        resolved.environment = try name(resolved.environment, "deploy.environment", "environment")
        if let workload = resolved.workload {
            resolved.workload?.name = try name(workload.name, "deploy.workload", "workload")
        }
        resolved.namespace = try text(resolved.namespace, "deploy.namespace")
        resolved.container = try name(resolved.container, "deploy.container", "container")
        resolved.image = try reference(resolved.image, "deploy.image")
        resolved.cluster = try text(resolved.cluster, "deploy.cluster")
        if let run = resolved.run { resolved.run = try self.run(run) }
        return resolved
    }

    /// Its container has no variables but those it is given here.
    private func run(_ run: ContainerRun) throws(SubstitutionError) -> ContainerRun {
        var resolver = self
        let shellValues = ShellValues(taken: run.environment.keys, hasRun: false)
        resolver.shellValues = shellValues
        var resolved = run
        resolved.ports = try names(run.ports, "deploy.run.ports", "port such as 8080:80")
        resolved.environment = try values(run.environment, "deploy.run.environment")
        resolved.volumes = try names(run.volumes, "deploy.run.volumes", "volume such as data:/data")
        resolved.network = try text(run.network, "deploy.run.network")
        resolved.networks = try texts(run.networks, "deploy.run.networks")
        resolved.aliases = try texts(run.aliases, "deploy.run.aliases")
        resolved.entrypoint = try resolver.words(run.entrypoint, "deploy.run.entrypoint")
        resolved.command = try resolver.command(run.command, "deploy.run.command", after: run.entrypoint)
        resolved.user = try text(run.user, "deploy.run.user")
        resolved.labels = try textMap(run.labels, "deploy.run.labels")
        if let logging = run.logging {
            resolved.logging = ContainerRun.Logging(
                driver: try text(logging.driver, "deploy.run.logging.driver"),
                options: try textMap(logging.options, "deploy.run.logging.options"))
        }
        resolved.healthCheck?.command = try resolver.words(
            run.healthCheck?.command ?? [], "deploy.run.healthcheck.command")
        resolved.health = try resolver.probe(run.health, "deploy.run.health")
        resolved.environment.merge(resolver.variables) { own, _ in own }
        return resolved
    }

    /// The variables that scripts name now.
    var variables: [String: Value] {
        (shellValues?.variables ?? [:]).mapValues { .text(scope.isPartial ? Substitution.escaped($0) : $0) }
    }
}
