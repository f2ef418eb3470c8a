public import FoundationEssentials

/// A value as a database keeps it in a column. Truth values are the integers 0 and 1.
public enum DatabaseValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob(Data)
}

/// A value that is kept in one column.
public protocol DatabaseValueConvertible {
    /// The value as it is kept.
    var databaseValue: DatabaseValue { get }

    /// - Returns: `nil` where the column holds something else.
    init?(databaseValue: DatabaseValue)
}

extension DatabaseValue: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { self }

    public init?(databaseValue: DatabaseValue) { self = databaseValue }
}

extension DatabaseValueConvertible where Self: FixedWidthInteger {
    public var databaseValue: DatabaseValue { .integer(Int64(clamping: self)) }

    public init?(databaseValue: DatabaseValue) {
        guard case .integer(let value) = databaseValue else { return nil }
        self.init(exactly: value)
    }
}

extension Int: DatabaseValueConvertible {}
extension Int32: DatabaseValueConvertible {}
extension Int64: DatabaseValueConvertible {}

extension Bool: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .integer(self ? 1 : 0) }

    public init?(databaseValue: DatabaseValue) {
        guard case .integer(let value) = databaseValue else { return nil }
        self = value != 0
    }
}

extension Double: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .real(self) }

    public init?(databaseValue: DatabaseValue) {
        switch databaseValue {
        case .real(let value): self = value
        case .integer(let value): self.init(value)
        case .null, .text, .blob: return nil
        }
    }
}

extension String: DatabaseValueConvertible {
    /// A zero byte would end the text for SQLite, and PostgreSQL takes none: U+FFFD stands for it.
    public var databaseValue: DatabaseValue {
        .text(utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self)
    }

    public init?(databaseValue: DatabaseValue) {
        guard case .text(let value) = databaseValue else { return nil }
        self = value
    }
}

extension Data: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .blob(self) }

    public init?(databaseValue: DatabaseValue) {
        guard case .blob(let value) = databaseValue else { return nil }
        self = value
    }
}

extension [UInt8]: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .blob(Data(self)) }

    public init?(databaseValue: DatabaseValue) {
        guard case .blob(let value) = databaseValue else { return nil }
        self.init(value)
    }
}

/// Kept as its raw value.
extension DatabaseValueConvertible where Self: RawRepresentable, RawValue: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { rawValue.databaseValue }

    public init?(databaseValue: DatabaseValue) {
        guard let value = RawValue(databaseValue: databaseValue) else { return nil }
        self.init(rawValue: value)
    }
}
