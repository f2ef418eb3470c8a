/// One step of a schema, named once and never changed after it has run anywhere.
///
/// A step only adds: a table, an index, a column that may be empty or has a default. A program of before, which does not know
/// the step, still uses the database then. One that it would break, or misread, is ``isNeeded``, and no such program opens the
/// database from then on.
public struct Migration: Sendable {
    public var name: String
    /// Whether a program has to know the step to use the database.
    public var isNeeded: Bool
    public var apply: @Sendable (Database) throws -> Void

    public init(_ name: String, isNeeded: Bool = false, apply: @escaping @Sendable (Database) throws -> Void) {
        self.name = name
        self.isNeeded = isNeeded
        self.apply = apply
    }

    /// A step that is SQL alone.
    public init(_ name: String, isNeeded: Bool = false, sql: String) {
        self.init(name, isNeeded: isNeeded) { try $0.run(script: sql) }
    }
}
