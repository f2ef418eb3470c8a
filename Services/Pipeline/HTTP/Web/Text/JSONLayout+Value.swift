import Contracts

extension JSONLayout {
    /// The widest a line may be that holds a whole list or object.
    private static let width = 100
    /// Members that say what an object is come first; the rest follow by name.
    private static let leading = [
        "name", "step", "kind", "type", "parameters", "image", "build", "commands", "deploy", "settings", "when",
        "steps",
    ]

    /// A value as a person would write it: what is short stands on one line.
    static func text(of value: JSONValue) throws -> String { try text(of: value, depth: 0, used: 0) }

    private static func text(of value: JSONValue, depth: Int, used: Int) throws -> String {
        let line = try oneLine(value)
        let isNested = if case .array(let items) = value { items.contains { $0.isObject } } else { false }
        if !isNested, 2 * depth + used + line.count <= width { return line }
        let inner = String(repeating: " ", count: 2 * (depth + 1))
        let outer = String(repeating: " ", count: 2 * depth)
        switch value {
        case .array(let items) where !items.isEmpty:
            let lines = try items.map { inner + (try text(of: $0, depth: depth + 1, used: 1)) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = try ordered(members).map { name, value in
                let key = try oneLine(.string(name)) + ": "
                return inner + key + (try text(of: value, depth: depth + 1, used: key.count + 1))
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return line
        }
    }

    private static func oneLine(_ value: JSONValue) throws -> String {
        switch value {
        case .array(let items): "[" + (try items.map(oneLine).joined(separator: ", ")) + "]"
        case .object(let members):
            "{"
                + (try ordered(members).map { "\(try oneLine(.string($0.key))): \(try oneLine($0.value))" }
                    .joined(separator: ", ")) + "}"
        default: String(decoding: try Wire.encode(value), as: UTF8.self)
        }
    }

    private static func ordered(_ members: [String: JSONValue]) -> [(key: String, value: JSONValue)] {
        members.sorted { left, right in
            let places = (leading.firstIndex(of: left.key) ?? .max, leading.firstIndex(of: right.key) ?? .max)
            return places.0 != places.1 ? places.0 < places.1 : left.key < right.key
        }
    }
}

extension JSONValue {
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }
}
