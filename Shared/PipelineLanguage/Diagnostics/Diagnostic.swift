/// Something a person should know about a document, and where it is.
public struct Diagnostic: Codable, Sendable, Hashable {
    public enum Severity: String, Codable, Sendable, CaseIterable {
        /// The document means nothing until this is put right.
        case error
        /// Accepted, but probably not what was meant, or without effect.
        case warning
    }

    public enum Code: String, Codable, Sendable, CaseIterable {
        /// Neither YAML nor JSON.
        case syntax
        /// Text that is not UTF-8, or a NUL.
        case encoding
        /// Larger or deeper than allowed.
        case limit
        /// A field nobody knows.
        case unknownField
        /// A field that has to be there.
        case missingField
        /// A list where text was expected, and so on.
        case wrongType
        /// Of the right type, but not one of the values allowed.
        case badValue
        /// A name or key used twice.
        case duplicate
        /// A name that stands for nothing: a step, a stage, a volume, a parameter.
        case unknownName
        /// Steps or stages that wait for each other.
        case cycle
        /// Known, but not something Slipway does.
        case unsupported
        /// Fields that cannot be together, or need each other.
        case conflict
        /// Without effect.
        case noEffect
        /// Understood and kept, and nothing acts on it yet.
        case notExecuted
        /// Of effect, but hardly the one that was meant.
        case suspicious
    }

    public var severity: Severity
    public var code: Code
    /// What is wrong, what was expected and what to do, in plain words.
    public var message: String
    public var file: String
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// How many characters of the line are meant, at least 1.
    public var length: Int
    /// The line itself, cut where it is very long.
    public var source: String

    public init(
        severity: Severity, code: Code, message: String, file: String, line: Int, column: Int, length: Int = 1,
        source: String = ""
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.source = source
    }
}

extension Diagnostic: CustomStringConvertible {
    /// The message with the line it is about and a marker below it, as compilers print it.
    public var description: String {
        var text = "\(file):\(line):\(column): \(severity.rawValue): \(message)"
        guard !source.isEmpty else { return text }
        let number = "\(line)"
        let margin = String(repeating: " ", count: max(0, 5 - number.count))
        // Tabs are kept, so that the marker stays below what it marks.
        let indent = String(
            String.UnicodeScalarView(source.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }))
        let marker = "^" + String(repeating: "~", count: max(0, length - 1))
        text += "\n\(margin)\(number) | \(source)\n      | \(indent)\(marker)"
        return text
    }
}

/// All that is wrong with a document, in the order of its lines. Warnings may be among them.
public struct DiagnosticList: Error, Sendable, Hashable, CustomStringConvertible {
    public var diagnostics: [Diagnostic]

    public init(_ diagnostics: [Diagnostic]) {
        self.diagnostics = diagnostics
    }

    /// Every diagnostic with its marker.
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }

    /// The first error in one line, for a place with no room for more.
    public var summary: String {
        let errors = diagnostics.filter { $0.severity == .error }
        guard let first = errors.first else { return "no error" }
        let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
        return "\(first.file):\(first.line):\(first.column): \(first.message)\(more)"
    }
}
