import Contracts

/// Applies a scope to the fields of a step and says which one an error is in.
struct TextResolver {
    var scope: Scope

    mutating func addVariables(_ variables: [String: Value]) {
        for case (let name, .text(let text)) in variables { scope.variables[name] = text }
    }

    func text(_ text: String, _ field: String, context: Substitution.Context = .text) throws(SubstitutionError)
        -> String
    {
        do throws(SubstitutionError) {
            return try Substitution.apply(to: text, in: scope, context: context)
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

    func script(_ lines: [String], _ field: String) throws(SubstitutionError) -> [String] {
        var resolved: [String] = []
        for line in lines { resolved.append(try text(line, field, context: .shell)) }
        return resolved
    }

    func value(_ value: Value?, _ field: String) throws(SubstitutionError) -> Value? {
        guard case .text(let text)? = value else { return value }
        return .text(try self.text(text, field))
    }

    func values(_ values: [String: Value], _ field: String) throws(SubstitutionError) -> [String: Value] {
        var resolved = values
        for case (let name, .text(let text)) in values {
            resolved[name] = .text(try self.text(text, "\(field).\(name)"))
        }
        return resolved
    }

    func settings(_ settings: [String: Setting], _ field: String) throws(SubstitutionError) -> [String: Setting] {
        var resolved = settings
        for case (let name, .value(let value)) in settings {
            resolved[name] = .value(try json(value, "\(field).\(name)"))
        }
        return resolved
    }

    private func json(_ value: JSONValue, _ field: String) throws(SubstitutionError) -> JSONValue {
        switch value {
        case .null, .bool, .integer, .number: return value
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

    func build(_ build: ImageBuild?) throws(SubstitutionError) -> ImageBuild? {
        guard var resolved = build else { return nil }
        resolved.context = try text(resolved.context, "build.context")
        resolved.dockerfile = try text(resolved.dockerfile, "build.dockerfile")
        resolved.repository = try text(resolved.repository, "build.repository")
        resolved.tags = try texts(resolved.tags, "build.tags")
        resolved.target = try text(resolved.target, "build.target")
        resolved.arguments = try values(resolved.arguments, "build.args")
        for (name, label) in resolved.labels { resolved.labels[name] = try text(label, "build.labels.\(name)") }
        resolved.cacheFrom = try texts(resolved.cacheFrom, "build.cache_from")
        resolved.platform = try text(resolved.platform, "build.platform")
        resolved.username = try value(resolved.username, "build.username")
        resolved.password = try value(resolved.password, "build.password")
        return resolved
    }

    func deploy(_ deploy: Deploy?) throws(SubstitutionError) -> Deploy? {
        guard var resolved = deploy else { return nil }
        resolved.environment = try text(resolved.environment, "deploy.environment")
        if let workload = resolved.workload {
            resolved.workload?.name = try text(workload.name, "deploy.workload")
        }
        resolved.namespace = try text(resolved.namespace, "deploy.namespace")
        resolved.container = try text(resolved.container, "deploy.container")
        resolved.image = try text(resolved.image, "deploy.image")
        resolved.cluster = try text(resolved.cluster, "deploy.cluster")
        if let run = resolved.run {
            resolved.run?.ports = try texts(run.ports, "deploy.run.ports")
            resolved.run?.environment = try values(run.environment, "deploy.run.environment")
            resolved.run?.volumes = try texts(run.volumes, "deploy.run.volumes")
            resolved.run?.network = try text(run.network, "deploy.run.network")
            resolved.run?.command = try texts(run.command, "deploy.run.command")
        }
        return resolved
    }
}
