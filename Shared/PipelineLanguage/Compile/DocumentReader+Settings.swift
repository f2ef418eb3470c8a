import Contracts

extension DocumentReader {
    func settings(_ node: SourceNode?) -> [String: Setting] {
        var settings: [String: Setting] = [:]
        var variables: [String: String] = [:]
        forEachMember(node, "“settings”") { entry in
            let variable = Step.pluginVariable(entry.key)
            if let other = variables.updateValue(entry.key, forKey: variable) {
                sink.error(
                    .duplicate, "the settings “\(other)” and “\(entry.key)” are both \(variable)", at: entry.keyMark,
                    length: entry.key.unicodeScalars.count)
            }
            if let secret = secret(entry.value) {
                settings[entry.key] = .secret(secret)
            } else if let secret = mistypedSecret(entry.value) {
                settings[entry.key] = .secret(secret)
            } else {
                warnOfSecretText(entry.value)
                if case .scalar = entry.value.content { sink.mayBeSecret = true }
                settings[entry.key] = .value(json(entry.value, name: entry.key))
                sink.mayBeSecret = false
            }
        }
        return settings
    }

    private func json(_ node: SourceNode, name: String) -> JSONValue {
        switch node.content {
        case .null: return .null
        case .list(let elements): return .array(elements.map { json($0, name: name) })
        case .map(let entries):
            let isAlone = entries.count == 1
            if let entry = entries.first(where: { $0.key == "from_secret" || isAlone && SecretWords.isTypo($0.key) }) {
                sink.error(
                    .unsupported,
                    "\(entry.key) is the whole value of a setting\(entry.key == "from_secret" ? "" : ", and written from_secret"); "
                        + "inside “\(name)” a plugin would see its name only", at: node)
            }
            var members: [String: JSONValue] = [:]
            for entry in entries { members[entry.key] = json(entry.value, name: name) }
            return .object(members)
        case .scalar(let scalar):
            switch scalar.kind {
            case .bool(let value): return .bool(value)
            case .text: return .string(text(node, "a setting") ?? "")
            case .number: return number(scalar, node)
            }
        }
    }

    private func number(_ scalar: SourceScalar, _ node: SourceNode) -> JSONValue {
        if let integer = Int64(scalar.text) { return .integer(integer) }
        // More digits than an integer holds: as it is written, so that none of them is lost.
        guard scalar.text.contains(where: { !$0.isNumber && $0 != "-" }), let number = Double(scalar.text),
            number.isFinite
        else { return .string(scalar.text) }
        // A version such as 1.10 is a number to YAML, and loses its zero.
        // JSON has one way to write 1.0, and that is 1.
        let value = Int64(exactly: number).map(JSONValue.integer) ?? .number(number)
        if let shown = value.pluginText, shown != scalar.text {
            sink.warning(
                .suspicious, "\(scalar.text) is a number and becomes \(shown); quote it to keep it as it is", at: node)
        }
        return value
    }

    /// `{from_secert: token}`: a setting could be a mapping, but hardly this one. It is told, and read as it is meant.
    private func mistypedSecret(_ node: SourceNode) -> String? {
        guard case .map(let entries) = node.content, entries.count == 1 else { return nil }
        let entry = entries[0]
        let name = SecretWords.name(in: entry.key)
        let value = plainText(entry.value)
        guard value != nil || name != nil else { return nil }
        if SecretWords.isTypo(entry.key) {
            sink.error(
                .unknownField, "“\(entry.key)” is written “\(SecretWords.spelling(of: entry.key))”",
                at: entry.keyMark, length: entry.key.unicodeScalars.count)
            return name ?? value
        }
        if entry.key == "secret" {
            sink.warning(
                .suspicious,
                "a plugin sees this mapping as it is; a secret of the platform is {from_secret: \(value ?? "NAME")}",
                at: entry.keyMark, length: entry.key.unicodeScalars.count)
        }
        return nil
    }
}
