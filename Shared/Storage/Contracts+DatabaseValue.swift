public import Contracts
import FoundationEssentials

// How the contracts' values are kept in columns: identifiers as their text, moments as milliseconds since 1970, so
// that they sort and compare in SQL, and whole documents as their JSON text.

extension MessageID: DatabaseValueConvertible {}
extension RunID: DatabaseValueConvertible {}
extension JobID: DatabaseValueConvertible {}
extension RepositoryPath: DatabaseValueConvertible {}
extension SealedSecret: DatabaseValueConvertible {}
extension RunState: DatabaseValueConvertible {}
extension MissedPushes: DatabaseValueConvertible {}
extension Event: DatabaseValueConvertible {}

extension Timestamp: DatabaseValueConvertible {
    public var databaseValue: DatabaseValue { .integer(milliseconds) }

    public init?(databaseValue: DatabaseValue) {
        guard case .integer(let value) = databaseValue else { return nil }
        self.init(milliseconds: value)
    }
}

/// A value kept as JSON text in one column.
public struct JSONColumn<Value: Codable>: DatabaseValueConvertible {
    public var value: Value

    public init(_ value: Value) { self.value = value }

    /// `NULL` where the value cannot be written as JSON, which a `NOT NULL` column then refuses.
    public var databaseValue: DatabaseValue {
        do {
            return .text(String(decoding: try Wire.encode(value), as: UTF8.self))
        } catch {
            return .null
        }
    }

    public init?(databaseValue: DatabaseValue) {
        guard case .text(let text) = databaseValue else { return nil }
        do {
            value = try Wire.decode(Value.self, from: Data(text.utf8))
        } catch {
            return nil
        }
    }
}

extension JSONColumn: Sendable where Value: Sendable {}

extension Row {
    /// The value of a JSON column; `nil` for `NULL`.
    /// - Throws: ``StoreError`` `corrupt` where the column holds something else.
    public func json<Value: Codable>(_ column: String, as type: Value.Type = Value.self) throws(StoreError) -> Value? {
        guard let text: String = try self[column] else { return nil }
        do {
            return try Wire.decode(type, from: Data(text.utf8))
        } catch {
            throw StoreError(.corrupt, "the column \(column) does not hold a \(type): \(error)")
        }
    }
}
