/// One step of a schema, named once and never changed after it has run anywhere.
public struct Migration: Sendable {
    public var name: String
    public var apply: @Sendable (Database) throws -> Void

    public init(_ name: String, apply: @escaping @Sendable (Database) throws -> Void) {
        self.name = name
        self.apply = apply
    }

    /// A step that is SQL alone.
    public init(_ name: String, sql: String) {
        self.init(name) { try $0.run(script: sql) }
    }
}
