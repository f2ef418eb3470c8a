/// A value in a message's headers or in the arguments of a queue.
public enum HeaderValue: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case bytes([UInt8])
    /// Seconds since 1970.
    case timestamp(UInt64)
    case array([HeaderValue])
    case table([String: HeaderValue])
    case null
}

extension HeaderValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension HeaderValue {
    /// The text of a string, or of bytes that are UTF-8.
    public var string: String? {
        switch self {
        case .string(let value): value
        case .bytes(let value): String(validating: value, as: UTF8.self)
        default: nil
        }
    }

    /// The number of an integer or a timestamp that fits.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .timestamp(let value): Int64(exactly: value)
        default: nil
        }
    }
}
