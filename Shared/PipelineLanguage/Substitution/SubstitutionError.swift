/// A `${…}` that cannot be replaced.
public struct SubstitutionError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The name stands for nothing.
        case unknownName
        /// `${name?…}` asked for a value and there is none.
        case required
        /// A part of a text begins or ends at something that is no number.
        case noNumber
        /// Variables that refer to each other.
        case cycle
        /// The result is none of what the field takes, such as an empty tag.
        case unusable
        /// The result or the work for it is larger than allowed.
        case tooLarge
    }

    public let code: Code
    /// The expression as it is written.
    public let expression: String
    public let problem: String
    /// Where it is, such as `image` or `build.tags`; empty if not known.
    public internal(set) var field: String

    public init(code: Code, expression: String, problem: String, field: String = "") {
        self.code = code
        self.expression = expression
        self.problem = problem
        self.field = field
    }

    public var description: String {
        "\(expression)\(field.isEmpty ? "" : " in \(field)"): \(problem)"
    }
}
