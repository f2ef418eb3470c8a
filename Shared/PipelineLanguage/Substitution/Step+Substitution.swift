import Contracts

extension Step {
    /// The step with every `${…}` replaced, as a worker runs it: its `environment` has the variables of the stage too,
    /// but for those that the step or the run has, and the values that its commands refer to.
    /// - Parameters:
    ///   - stage: The variables of the stage, which texts may refer to like the step's own.
    ///   - imageEntrypoint: What the step's image starts by itself; `nil` where that is not known yet.
    /// - Throws: ``SubstitutionError`` with the expression that cannot be replaced.
    public func resolved(
        in scope: Scope, variables stage: [String: Value] = [:], imageEntrypoint: [String]? = nil
    ) throws(SubstitutionError) -> Step {
        var resolver = TextResolver(scope: scope, budget: SubstitutionBudget())
        resolver.imageEntrypoint = imageEntrypoint
        let outer = try resolver.environment(stage, of: \.pipeline)
        var step = try resolved(resolver, taken: stage.keys)
        let inner = outer.filter { name, _ in
            scope.matrix[name] == nil && !(Scope.isOfRun(name) && scope.environment[name] != nil)
        }
        step.environment.merge(inner) { own, _ in own }
        return step
    }

    /// - Parameters:
    ///   - surroundings: Knows the variables of the stage.
    ///   - taken: Names of variables that may not be used for the values of commands.
    func resolved(
        _ surroundings: TextResolver, taken: some Sequence<String>
    ) throws(SubstitutionError) -> Step {
        var resolver = surroundings
        var step = self
        step.environment = try resolver.environment(environment, of: \.step)
        resolver.shellValues = ShellValues(taken: Array(taken) + environment.keys)
        step.commands = try resolver.script(commands, "commands")
        if let image { step.image = try resolver.reference(image, "image") }
        step.entrypoint = try resolver.words(entrypoint, "entrypoint")
        step.command = try resolver.command(command, "command", after: entrypoint)
        step.settings = try resolver.settings(settings, "settings")
        step.shell = try resolver.text(shell, "shell")
        step.user = try resolver.text(user, "user")
        step.workingDirectory = try resolver.text(workingDirectory, "working_dir")
        step.dns = try resolver.texts(dns, "dns")
        step.dnsSearch = try resolver.texts(dnsSearch, "dns_search")
        step.extraHosts = try resolver.texts(extraHosts, "extra_hosts")
        step.networkMode = try resolver.text(networkMode, "network_mode")
        for index in mounts.indices {
            step.mounts[index].path = try resolver.text(mounts[index].path, "volumes")
        }
        for index in devices.indices {
            step.devices[index].path = try resolver.text(devices[index].path, "devices")
        }
        step.ready = try resolver.probe(ready, "ready")
        step.environment.merge(resolver.variables) { own, _ in own }
        step.build = try resolver.build(build)
        step.deploy = try resolver.deploy(deploy)
        for index in cache.indices {
            step.cache[index].key = try resolver.text(cache[index].key, "cache.key")
            step.cache[index].files = try resolver.texts(cache[index].files, "cache.files")
            step.cache[index].paths = try resolver.texts(cache[index].paths, "cache.paths")
            step.cache[index].fallback = try resolver.texts(cache[index].fallback, "cache.fallback")
        }
        if let artifacts {
            step.artifacts?.name = try resolver.text(artifacts.name, "artifacts.name")
            step.artifacts?.paths = try resolver.texts(artifacts.paths, "artifacts.paths")
        }
        return step
    }
}

extension Stage {
    /// The stage with every `${…}` replaced that has a value in the scope. What a platform does before it hands out a
    /// job, with a partial scope; the worker then resolves each step as its turn comes. Conditions and what chooses the
    /// worker are resolved here only, since they are asked before any step runs.
    /// - Throws: ``SubstitutionError`` with the expression that cannot be replaced.
    public func resolved(in scope: Scope) throws(SubstitutionError) -> Stage {
        try resolved(in: scope, SubstitutionBudget())
    }

    /// - Parameters:
    ///   - settles: Whether this is the last pass for what belongs to the stage as a whole.
    ///   - isForWorker: Whether a later pass has all the values of this one.
    func resolved(
        in scope: Scope, _ budget: SubstitutionBudget, settles: Bool = false, isForWorker: Bool = true
    ) throws(SubstitutionError) -> Stage {
        var scope = scope
        scope.matrix.merge(matrix) { _, own in own }
        var resolver = TextResolver(scope: scope, budget: budget, isForWorker: isForWorker)
        var stage = self
        stage.environment = try resolver.environment(environment, of: \.pipeline)
        for index in steps.indices {
            stage.steps[index] = try Self.resolve(steps[index], resolver, stage.environment, settles, word: "step")
        }
        for index in services.indices {
            stage.services[index] = try Self.resolve(
                services[index], resolver, stage.environment, settles, word: "service")
        }
        resolver.settles = settles
        stage.workspace.base = try resolver.text(workspace.base, "workspace.base")
        stage.workspace.path = try resolver.text(workspace.path, "workspace.path")
        stage.platform.os = try resolver.text(platform.os, "platform.os")
        stage.platform.arch = try resolver.text(platform.arch, "platform.arch")
        stage.platform.variant = try resolver.text(platform.variant, "platform.variant")
        stage.platform.version = try resolver.text(platform.version, "platform.version")
        stage.imagePullSecrets = try resolver.texts(imagePullSecrets, "image_pull_secrets")
        stage.trigger = try resolver.condition(trigger, "trigger")
        for (label, value) in node { stage.node[label] = try resolver.text(value, "node.\(label)") }
        for index in volumes.indices {
            guard case .host(let path) = volumes[index].source else { continue }
            stage.volumes[index].source = .host(path: try resolver.text(path, "volumes.host.path"))
        }
        return stage
    }

    private static func resolve(
        _ step: Step, _ resolver: TextResolver, _ variables: [String: Value], _ settles: Bool, word: String
    ) throws(SubstitutionError) -> Step {
        do throws(SubstitutionError) {
            var resolved = try step.resolved(resolver, taken: variables.keys)
            guard step.when != .always else { return resolved }
            var resolver = resolver
            _ = try resolver.environment(step.environment, of: \.step)
            resolver.settles = settles
            resolved.when = try resolver.condition(step.when, "when")
            return resolved
        } catch {
            var error = error
            error.field = "\(error.field) of \(word) “\(step.name)”"
            throw error
        }
    }
}

extension Process {
    /// The process with every `${…}` replaced that has a value, as a platform does it before it plans a run.
    /// - Parameters:
    ///   - settles: Whether a plan is made of the result: no later pass sees conditions and the like then.
    ///   - scope: What the texts of a stage may refer to.
    /// - Throws: ``SubstitutionError``, also where all the texts together take more than they may.
    public func resolved(settles: Bool = true, in scope: (Stage) -> Scope) throws(SubstitutionError) -> Process {
        let budget = SubstitutionBudget()
        var process = self
        for index in stages.indices {
            process.stages[index] = try stages[index].resolved(
                in: scope(stages[index]), budget, settles: settles)
        }
        return process
    }
}
