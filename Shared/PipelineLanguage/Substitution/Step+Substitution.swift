import Contracts

extension Step {
    /// The step with every `${…}` replaced, as a worker runs it.
    /// - Parameter stage: The variables of the stage, which texts may refer to like the step's own.
    public func resolved(
        in scope: Scope, variables stage: [String: Value] = [:]
    ) throws(SubstitutionError) -> Step {
        try resolved(in: scope, variables: stage, SubstitutionBudget())
    }

    func resolved(
        in scope: Scope, variables stage: [String: Value], _ budget: SubstitutionBudget
    ) throws(SubstitutionError) -> Step {
        var resolver = TextResolver(scope: scope, budget: budget)
        var step = self
        step.environment = try resolver.values(environment, "environment")
        resolver.addVariables(stage)
        resolver.addVariables(step.environment)

        step.image = try resolver.text(image, "image")
        step.commands = try resolver.script(commands, "commands")
        step.command = try resolver.texts(command, "command")
        step.entrypoint = try resolver.texts(entrypoint, "entrypoint")
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
    public func resolved(in scope: Scope) throws(SubstitutionError) -> Stage {
        try resolved(in: scope, SubstitutionBudget())
    }

    func resolved(in scope: Scope, _ budget: SubstitutionBudget) throws(SubstitutionError) -> Stage {
        var scope = scope
        scope.matrix.merge(matrix) { _, own in own }
        let resolver = TextResolver(scope: scope, budget: budget)
        var stage = self
        stage.environment = try resolver.values(environment, "environment")
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
        for index in steps.indices {
            stage.steps[index] = try Self.resolve(steps[index], scope, stage.environment, budget, word: "step")
            stage.steps[index].when = try resolver.condition(steps[index].when, "when")
        }
        for index in services.indices {
            stage.services[index] = try Self.resolve(
                services[index], scope, stage.environment, budget, word: "service")
            stage.services[index].when = try resolver.condition(services[index].when, "when")
        }
        return stage
    }

    private static func resolve(
        _ step: Step, _ scope: Scope, _ variables: [String: Value], _ budget: SubstitutionBudget, word: String
    ) throws(SubstitutionError) -> Step {
        do throws(SubstitutionError) {
            return try step.resolved(in: scope, variables: variables, budget)
        } catch {
            var error = error
            error.field = "\(error.field) of \(word) “\(step.name)”"
            throw error
        }
    }
}

extension Process {
    /// The process with every `${…}` replaced that has a value, as a platform does it before it plans a run.
    /// - Parameter scope: What the texts of a stage may refer to.
    /// - Throws: ``SubstitutionError``, also where all the texts together take more than they may.
    public func resolved(in scope: (Stage) -> Scope) throws(SubstitutionError) -> Process {
        let budget = SubstitutionBudget()
        var process = self
        for index in stages.indices {
            process.stages[index] = try stages[index].resolved(in: scope(stages[index]), budget)
        }
        return process
    }
}
