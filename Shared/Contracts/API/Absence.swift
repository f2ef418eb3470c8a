extension KeyedDecodingContainer {
    /// A member that may be left out, and is not `null` otherwise.
    func decodeUnlessAbsent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        contains(key) ? try decode(type, forKey: key) : nil
    }
}
