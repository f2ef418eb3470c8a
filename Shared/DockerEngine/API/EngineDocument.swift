import FoundationEssentials

/// The engine's JSON documents: their members begin with a capital (`RepoTags`), those of Swift's types do not. The keys
/// of dictionaries, such as labels, stay as they are.
enum EngineDocument {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .custom { path in
            let name = path.last?.stringValue ?? ""
            return Member(name.prefix(1).uppercased() + name.dropFirst())
        }
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in
            Member(lowerCamelCase(path.last?.stringValue ?? ""))
        }
        return try decoder.decode(type, from: Data(bytes))
    }

    /// `Id` → `id`, `ID` → `id`, `RepoTags` → `repoTags`, `OOMKilled` → `oomKilled`.
    static func lowerCamelCase(_ name: String) -> String {
        let capitals = name.prefix { $0.isUppercase }
        guard !capitals.isEmpty else { return name }
        let count = capitals.count == name.count || capitals.count == 1 ? capitals.count : capitals.count - 1
        return name.prefix(count).lowercased() + name.dropFirst(count)
    }

    private struct Member: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
