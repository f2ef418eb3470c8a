import Text

extension DocumentReader {
    /// Parameters by name: a default alone, or a mapping that says more.
    func parameters(_ node: SourceNode?) -> [(String, Parameter, SourceMark)] {
        var parameters: [(String, Parameter, SourceMark)] = []
        forEachMember(node, "“parameters”") { entry in
            guard RunVariables.isVariable(entry.key.replacing("-", with: "_")) else {
                sink.error(
                    .badValue, "a parameter has a name of letters, digits, “_” and “-”, not “\(entry.key)”",
                    at: entry.keyMark, length: entry.key.unicodeScalars.count)
                return
            }
            if let parameter = parameter(entry) { parameters.append((entry.key, parameter, entry.keyMark)) }
        }
        return parameters
    }

    private func parameter(_ entry: SourceEntry) -> Parameter? {
        switch entry.value.content {
        case .null: return Parameter()
        case .scalar(let scalar):
            let kind: Parameter.Kind =
                switch scalar.kind {
                case .text: .string
                case .number: .number
                case .bool: .boolean
                }
            return Parameter(kind: kind, standard: Self.plain(scalar))
        case .list(let elements):
            // The values allowed, the first of them the default.
            let allowed = elements.compactMap { text($0, "a value of “\(entry.key)”") }
            return allowed.isEmpty ? Parameter() : Parameter(standard: allowed[0], allowed: allowed)
        case .map: break
        }
        guard let fields = fields(entry.value, what: "a parameter") else { return nil }
        var parameter = Parameter()
        let typeNode = fields.take("type")
        let standardNode = fields.take("default")
        if let typeNode {
            parameter.kind = kind(typeNode) ?? .string
        } else if case .scalar(let scalar)? = standardNode?.content {
            switch scalar.kind {
            case .text: break
            case .number: parameter.kind = .number
            case .bool: parameter.kind = .boolean
            }
        }
        if let standardNode, case .scalar(let scalar) = standardNode.content {
            parameter.standard = Self.plain(scalar)
        } else if let standardNode {
            sink.error(.wrongType, "“default” is text, a number or a truth value", at: standardNode)
        }
        let valuesNode = fields.take("values")
        parameter.allowed = (valuesNode.map(elements) ?? []).compactMap { element in
            if case .scalar(let scalar) = element.content { return Self.plain(scalar) }
            return text(element, "each of “values”")
        }
        parameter.description = text(fields.take("description"), "“description”")
        fields.finish()
        check(parameter, standardNode, valuesNode)
        return parameter
    }

    private func kind(_ node: SourceNode) -> Parameter.Kind? {
        switch plainText(node) {
        case "text", "choice": .string
        case "bool": .boolean
        case "integer", "int", "float": .number
        default: choice(node, "“type”")
        }
    }

    private func check(_ parameter: Parameter, _ standard: SourceNode?, _ values: SourceNode?) {
        if let text = parameter.standard, let standard {
            if let problem = parameter.problem(of: text) {
                sink.error(.badValue, "the default \(problem)", at: standard)
            }
        }
        guard let values else { return }
        for allowed in parameter.allowed {
            if let problem = Parameter(kind: parameter.kind).problem(of: allowed) {
                sink.error(.badValue, "the value \(problem)", at: location(of: allowed, in: values))
            }
        }
    }

    /// A scalar as a parameter's value: truth values in one spelling.
    static func plain(_ scalar: SourceScalar) -> String {
        if case .bool(let value) = scalar.kind { return "\(value)" }
        return scalar.text
    }
}

extension Parameter {
    /// Why a text is no value of this parameter (“is …”), or `nil` if it is one.
    public func problem(of text: String) -> String? {
        switch kind {
        case .string: break
        case .number: if !PlainScalar.isNumber(text) { return "is a number, not “\(text)”" }
        case .boolean: if text != "true", text != "false" { return "is true or false, not “\(text)”" }
        }
        guard allowed.isEmpty || allowed.contains(text) else {
            return "is \(DocumentReader.list(allowed)), not “\(text)”\(Nearest.hint(text, among: allowed))"
        }
        return nil
    }
}

/// Values given for parameters that the process does not have or allow.
public struct ParameterError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Problem: Sendable, Hashable {
        /// The parameter's name.
        public let name: String?
        /// One sentence.
        public let text: String
    }

    public let problems: [Problem]

    public var description: String { problems.map(\.text).joined(separator: "; ") }
}

extension Process {
    /// The value of every parameter: the given one, else its default.
    /// - Throws: ``ParameterError`` for a name the process does not have, a value that is not allowed, and a
    ///   parameter that has neither value nor default.
    public func parameterValues(given: [String: String]) throws(ParameterError) -> [String: String] {
        var problems: [ParameterError.Problem] = []
        var values: [String: String] = [:]
        func report(_ name: String, _ text: String) {
            problems.append(ParameterError.Problem(name: name, text: text))
        }
        for name in given.keys.sorted() where parameters[name] == nil {
            report(name, "there is no parameter “\(name)”\(Nearest.hint(name, among: parameters.keys))")
        }
        for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
            guard let value = given[name] ?? parameter.standard else {
                report(name, "the parameter “\(name)” needs a value")
                continue
            }
            if let problem = parameter.problem(of: value) { report(name, "the parameter “\(name)” \(problem)") }
            values[name] = value
        }
        guard problems.isEmpty else { throw ParameterError(problems: problems) }
        return values
    }
}
