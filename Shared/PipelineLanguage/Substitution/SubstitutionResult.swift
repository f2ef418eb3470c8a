/// Puts a text together so that a second pass finds the expressions of the source and none in the values.
struct SubstitutionResult {
    private(set) var text = ""
    private let isPartial: Bool
    private var endsInValue = false

    init(isPartial: Bool) { self.isPartial = isPartial }

    mutating func append(literal: String) {
        // `${x}{y}` with a `$` in x would look like an expression.
        if isPartial, endsInValue, text.utf8.last == UInt8(ascii: "$"), literal.utf8.first == UInt8(ascii: "{") {
            text += "$"
        }
        text += literal
        if !literal.isEmpty { endsInValue = false }
    }

    mutating func append(value: String) {
        guard isPartial else {
            text += value
            return
        }
        if text.utf8.last == UInt8(ascii: "$"), value.utf8.first == UInt8(ascii: "{") { text += "$" }
        text += Self.escaped(value)
        if !value.isEmpty { endsInValue = true }
    }

    /// `${` becomes `$${`.
    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(UInt8(ascii: "$")) else { return value }
        var bytes: [UInt8] = []
        let source = Array(value.utf8)
        for (index, byte) in source.enumerated() {
            bytes.append(byte)
            if byte == UInt8(ascii: "$"), index + 1 < source.count, source[index + 1] == UInt8(ascii: "{") {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
