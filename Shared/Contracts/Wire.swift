public import FoundationEssentials

/// How every message and every API document is written: UTF-8 JSON, keys sorted, slashes unescaped, so that the same
/// value is always the same bytes.
public enum Wire {
    /// The JSON of a value.
    /// - Throws: `EncodingError`.
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// The JSON of a value, indented for a reader.
    /// - Throws: `EncodingError` for what JSON cannot hold, such as infinity.
    public static func encodePretty(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return try encoder.encode(value)
    }

    /// The value of a JSON document. Unknown members are ignored.
    /// - Throws: ``WireError`` that names the member and what was expected there.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw WireError(error, decoding: "\(type)")
        }
    }
}

/// JSON that is broken or does not have the expected shape.
public struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the document, as `jobs[2].name`; empty for the document itself.
    public let path: String
    /// What is wrong there, in plain words.
    public let problem: String

    public init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    init(_ error: DecodingError, decoding type: String) {
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path: Self.path(context.codingPath), problem: "the member “\(key.stringValue)” is missing")
        case .typeMismatch(let expected, let context):
            self.init(path: Self.path(context.codingPath), problem: "expected \(Self.name(of: expected))")
        case .valueNotFound(let expected, let context):
            self.init(
                path: Self.path(context.codingPath), problem: "is null where \(Self.name(of: expected)) is expected")
        case .dataCorrupted(let context):
            self.init(path: Self.path(context.codingPath), problem: context.debugDescription)
        @unknown default:
            self.init(path: "", problem: "is not a valid \(type)")
        }
    }

    public var description: String { path.isEmpty ? problem : "\(path): \(problem)" }

    private static func path(_ keys: [any CodingKey]) -> String {
        var text = ""
        for key in keys {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is Int.Type, is Int64.Type, is Int32.Type, is UInt64.Type: "a whole number"
        case is Double.Type: "a number"
        case is [String: Any].Type: "an object"
        case is [Any].Type: "a list"
        default: "\(type)"
        }
    }
}
