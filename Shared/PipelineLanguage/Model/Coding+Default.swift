extension KeyedEncodingContainer {
    /// Writes a value unless it is the default: the canonical form says nothing twice.
    mutating func encode<Value: Encodable & Equatable>(_ value: Value, forKey key: Key, unless standard: Value) throws {
        if value != standard { try encode(value, forKey: key) }
    }
}

extension KeyedDecodingContainer {
    /// Reads a value, or the default where it is absent or null.
    func decode<Value: Decodable>(_ key: Key, default standard: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? standard
    }
}
