import Contracts

/// An entry of the audit log as its page shows it.
struct AuditRow: Sendable {
    /// A member that is another one since, or the only one that is told.
    struct Change: Sendable, Equatable {
        let name: String
        let before: String?
        let after: String?
        let isChange: Bool
    }

    struct Place: Sendable {
        let path: String
        let href: String?
    }

    let account: String
    let operation: String
    /// The operation in words.
    let what: String
    let subject: String
    /// Its repository.
    let place: Place?
    let run: String?
    /// By what they came, and from where.
    let how: String
    let at: String
    let ago: String
    /// What the changes are of: `Before and after`.
    let kind: String
    let changes: [Change]
    let hasChanges: Bool

    init(_ entry: AuditView, now: Timestamp) throws {
        account = entry.account
        operation = entry.operation
        what =
            Operation(rawValue: entry.operation)?.rule.what ?? AuditEvent(rawValue: entry.operation)?.what ?? ""
        subject = entry.subject
        place = entry.repository.map {
            Place(path: $0.rawValue, href: $0.problem == nil ? PagePath.repository.path([$0.rawValue]) : nil)
        }
        run = entry.run.map { PagePath.run.path([$0.rawValue]) }
        how =
            (entry.token.map { "with the token \($0)" } ?? "by \(entry.via)")
            + (entry.origin.map { " from \($0)" } ?? "")
        at = entry.at.description
        ago = TimeText.ago(entry.at, now: now)
        kind =
            switch (entry.before, entry.after) {
            case (.some, .some): "Before and after"
            case (.some, nil): "What was"
            default: "What is"
            }
        changes = try Self.changes(entry.before, entry.after)
        hasChanges = !changes.isEmpty
    }

    /// Of objects those members that differ, by name; of anything else itself.
    static func changes(_ before: JSONValue?, _ after: JSONValue?) throws -> [Change] {
        func members(_ value: JSONValue?) -> [String: JSONValue] {
            switch value {
            case .object(let members)?: members
            case let value?: ["": value]
            case nil: [:]
            }
        }
        let (old, new) = (members(before), members(after))
        return try Set(old.keys).union(new.keys).sorted().compactMap { name in
            guard old[name] != new[name] else { return nil }
            return Change(
                name: name, before: try old[name].map(text), after: try new[name].map(text),
                isChange: old[name] != nil && new[name] != nil)
        }
    }

    private static func text(_ value: JSONValue) throws -> String {
        if case .string(let text) = value { return text.isEmpty ? "“”" : text }
        return try JSONLayout.text(of: value)
    }
}
