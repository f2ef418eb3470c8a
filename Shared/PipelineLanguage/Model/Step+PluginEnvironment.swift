import Contracts

extension Step {
    /// What a plugin sees of its settings: each as `PLUGIN_<NAME>`.
    ///
    /// Text is itself, a number or truth value as JSON writes it, a list of those is joined by commas (a null in it is
    /// an empty text), anything else is JSON; a null is left out. The name is in capitals, and what a variable's name cannot hold becomes `_`.
    public var pluginEnvironment: [String: Value] {
        var environment: [String: Value] = [:]
        for (name, setting) in settings {
            switch setting {
            case .secret(let secret): environment[Self.pluginVariable(name)] = .secret(secret)
            case .value(let value):
                if let text = value.pluginText { environment[Self.pluginVariable(name)] = .text(text) }
            }
        }
        return environment
    }

    /// The variable of a setting: `PLUGIN_DRY_RUN` for `dry-run`.
    public static func pluginVariable(_ name: String) -> String {
        var bytes = Array("PLUGIN_".utf8)
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(byte - 32)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): bytes.append(byte)
            default: bytes.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names of all secrets the step refers to.
    public var secretNames: Set<String> {
        var names = Set<String>()
        let values: [Value?] =
            Array(environment.values) + Array(build?.arguments.values ?? [:].values)
            + Array(deploy?.run?.environment.values ?? [:].values) + [build?.username, build?.password]
        for value in values {
            if let name = value?.secretName { names.insert(name) }
        }
        for case .secret(let name) in settings.values { names.insert(name) }
        return names
    }
}

extension Stage {
    /// The names of all secrets that a job with these steps needs: the steps', the services', the stage's own.
    /// - Parameter steps: The names of the steps, or `nil` for all.
    public func secretNames(of steps: [String]? = nil) -> Set<String> {
        let wanted = steps.map(Set.init)
        var names = Set(imagePullSecrets)
        for step in self.steps where wanted?.contains(step.name) ?? true { names.formUnion(step.secretNames) }
        for service in services { names.formUnion(service.secretNames) }
        for case .secret(let name) in environment.values { names.insert(name) }
        return names
    }
}

extension JSONValue {
    /// This value as a plugin's variable, or `nil` for null.
    var pluginText: String? {
        switch self {
        case .null: return nil
        case .array(let elements):
            // Nothing between two commas, where nothing is said.
            let texts = elements.map { $0 == .null ? "" : $0.scalarText }
            guard texts.contains(nil) else { return texts.compactMap(\.self).joined(separator: ",") }
            return json
        case .object: return json
        case .bool, .integer, .number, .large, .string: return scalarText
        }
    }

    private var scalarText: String? {
        switch self {
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .string(let value): value
        case .number, .large: json
        case .null, .array, .object: nil
        }
    }

    /// Only a number that is none in JSON (infinity) has no text, and no document can hold one.
    private var json: String? {
        do {
            return String(decoding: try Wire.encode(self), as: UTF8.self)
        } catch {
            return nil
        }
    }
}
