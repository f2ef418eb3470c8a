public import Contracts
import FoundationEssentials
public import GRDB

// How the contracts' values are kept in columns: identifiers as their text, moments as milliseconds since 1970, so
// that they sort and compare in SQL, and whole documents as their JSON text.

extension MessageID: DatabaseValueConvertible {}
extension RunID: DatabaseValueConvertible {}
extension JobID: DatabaseValueConvertible {}
extension RepositoryPath: DatabaseValueConvertible {}
extension SealedSecret: DatabaseValueConvertible {}
extension RunState: DatabaseValueConvertible {}
extension Event: DatabaseValueConvertible {}

extension Timestamp: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { milliseconds.databaseValue }

    public static func fromDatabaseValue(_ value: DatabaseValue) -> Timestamp? {
        Int64.fromDatabaseValue(value).map(Timestamp.init(milliseconds:))
    }
}

/// A value kept as JSON text in one column.
public struct JSONColumn<Value: Codable>: DatabaseValueConvertible {
    public var value: Value

    public init(_ value: Value) { self.value = value }

    /// `NULL` where the value cannot be written as JSON, which a `NOT NULL` column then refuses.
    public var databaseValue: DatabaseValue {
        do {
            return String(decoding: try Wire.encode(value), as: UTF8.self).databaseValue
        } catch {
            return .null
        }
    }

    public static func fromDatabaseValue(_ column: DatabaseValue) -> JSONColumn<Value>? {
        guard let text = String.fromDatabaseValue(column) else { return nil }
        do {
            return JSONColumn(try Wire.decode(Value.self, from: Data(text.utf8)))
        } catch {
            return nil
        }
    }
}

extension JSONColumn: Sendable where Value: Sendable {}

extension Row {
    /// The value of a JSON column; `nil` for `NULL`.
    /// - Throws: ``StoreError`` `corrupt` where the column holds something else.
    public func json<Value: Codable>(_ column: String, as type: Value.Type = Value.self) throws -> Value? {
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let text = String.fromDatabaseValue(stored) else {
            throw StoreError(.corrupt, "the column \(column) does not hold JSON text")
        }
        do {
            return try Wire.decode(type, from: Data(text.utf8))
        } catch {
            throw StoreError(.corrupt, "the column \(column) does not hold a \(type): \(error)")
        }
    }
}
