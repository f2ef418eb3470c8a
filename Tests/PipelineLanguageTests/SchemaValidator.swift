import Contracts

/// As much of JSON Schema as ``ProcessSchema`` uses. Anything else in a schema is reported, so that nothing is
/// believed to be checked that is not.
struct SchemaValidator {
    private let root: JSONValue
    /// The properties met in valid documents, as `definition.property`.
    private(set) var met = Set<String>()

    init(_ root: JSONValue) { self.root = root }

    private static let annotations: Set<String> = ["$schema", "$id", "title", "description", "default", "$defs"]

    /// What is wrong with a document, empty if nothing is.
    mutating func problems(_ value: JSONValue) -> [String] {
        check(value, root, at: "$", definition: "root")
    }

    private mutating func check(
        _ value: JSONValue, _ schema: JSONValue, at path: String, definition: String
    ) -> [String] {
        guard case .object(let keywords) = schema else { return ["\(path): the schema is no object"] }
        var problems: [String] = []
        for (keyword, argument) in keywords where !Self.annotations.contains(keyword) {
            problems += check(value, keyword, argument, keywords, at: path, definition: definition)
        }
        return problems
    }

    private mutating func check(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ schema: [String: JSONValue], at path: String,
        definition: String
    ) -> [String] {
        switch keyword {
        case "$ref":
            let name = String((argument.string ?? "").dropFirst("#/$defs/".count))
            guard let target = root["$defs"]?[name] else { return ["there is no definition \(name)"] }
            return check(value, target, at: path, definition: name)
        case "type":
            let types = argument.string.map { [$0] } ?? list(argument).compactMap(\.string)
            return types.contains { Self.isOf($0, value) } ? [] : ["\(path) is not \(types)"]
        case "enum": return list(argument).contains(value) ? [] : ["\(path) is none of the values"]
        case "const": return argument == value ? [] : ["\(path) is not \(argument)"]
        case "minimum": return number(value).map { $0 >= number(argument) ?? 0 } ?? true ? [] : ["\(path) is too small"]
        case "maximum": return number(value).map { $0 <= number(argument) ?? 0 } ?? true ? [] : ["\(path) is too large"]
        case "minLength":
            return (value.string?.count ?? .max) >= Int(number(argument) ?? 0) ? [] : ["\(path) is too short"]
        case "maxLength": return (value.string?.count ?? 0) <= Int(number(argument) ?? 0) ? [] : ["\(path) is too long"]
        case "minItems":
            return isList(value) && list(value).count < Int(number(argument) ?? 0) ? ["\(path) has too few"] : []
        case "pattern":
            return value.string.map { Self.matches($0, argument.string ?? "") } ?? true
                ? [] : ["\(path) does not match"]
        case "items":
            return list(value).enumerated().flatMap {
                check($0.element, argument, at: "\(path)[\($0.offset)]", definition: definition)
            }
        case "properties", "additionalProperties": return checkMembers(value, keyword, schema, at: path, definition)
        case "required":
            guard case .object(let members) = value else { return [] }
            return list(argument).compactMap(\.string).filter { members[$0] == nil }.map { "\(path) has no \($0)" }
        case "anyOf", "oneOf":
            let results = list(argument).map { check(value, $0, at: path, definition: definition) }
            let valid = results.count { $0.isEmpty }
            if keyword == "anyOf" ? valid > 0 : valid == 1 { return [] }
            return ["\(path): \(valid) of \(results.count) \(keyword) hold: \(results.flatMap(\.self).prefix(6))"]
        default: return ["the validator does not know \(keyword)"]
        }
    }

    private mutating func checkMembers(
        _ value: JSONValue, _ keyword: String, _ schema: [String: JSONValue], at path: String, _ definition: String
    ) -> [String] {
        guard case .object(let members) = value else { return [] }
        let known: [String: JSONValue] = if case .object(let known)? = schema["properties"] { known } else { [:] }
        var problems: [String] = []
        for (name, member) in members {
            if let property = known[name] {
                guard keyword == "properties" else { continue }
                let found = check(member, property, at: "\(path).\(name)", definition: "\(definition).\(name)")
                if found.isEmpty { met.insert("\(definition).\(name)") }
                problems += found
            } else if keyword == "additionalProperties" {
                switch schema[keyword] {
                case .bool(false): problems.append("\(path) may not have \(name)")
                case .object(let values)?:
                    problems += check(member, .object(values), at: "\(path).\(name)", definition: definition)
                default: break
                }
            }
        }
        return problems
    }

    private func isList(_ value: JSONValue) -> Bool { if case .array = value { true } else { false } }

    private func list(_ value: JSONValue) -> [JSONValue] {
        if case .array(let elements) = value { elements } else { [] }
    }

    private func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("string", .string), ("boolean", .bool), ("integer", .integer), ("number", .integer), ("number", .number),
            ("integer", .large), ("number", .large),
            ("array", .array), ("object", .object), ("null", .null):
            true
        default: false
        }
    }

    /// The two patterns there are.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        switch pattern {
        case "^[0-9]": text.first?.isNumber == true
        case "^[A-Za-z]+/.+$": text.split(separator: "/", maxSplits: 1).count == 2 && text.first?.isLetter == true
        default: false
        }
    }
}
