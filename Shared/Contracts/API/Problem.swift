/// The body of every 4xx and 5xx answer of Slipway's HTTP APIs.
public struct Problem: Codable, Sendable, Equatable, Error, CustomStringConvertible {
    /// A closed, stable word a program can act on, such as `unknown_repository`.
    public var code: String
    /// What was wrong, with the value that was, in plain words.
    public var message: String
    /// What to do about it.
    public var remedy: String?
    /// Several findings, such as those of a pipeline file, one a line.
    public var details: [String]?

    public init(code: String, message: String, remedy: String? = nil, details: [String]? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.details = details
    }

    public var description: String {
        var text = message
        if let remedy { text += " — \(remedy)" }
        for detail in details ?? [] { text += "\n  \(detail)" }
        return text
    }
}

/// A page of a list; `next` asks for the one after it (`?before=…`).
public struct Page<Item: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    public var items: [Item]
    public var next: String?

    public init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}
