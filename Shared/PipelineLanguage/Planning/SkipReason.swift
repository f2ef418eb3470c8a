/// Why something does not run: what a machine asks for and what a person reads.
public struct SkipReason: Codable, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Codable, Sendable, CaseIterable {
        /// A text in the commit message, or a push option.
        case skipText
        /// A clause of `when` or `trigger` that does not hold; ``SkipReason/clause`` names it.
        case condition
        /// All its steps are skipped.
        case nothingToDo
        /// Something before it failed, and it runs on success only.
        case earlierFailure
        /// Nothing before it failed, and it runs on failure only.
        case noFailure
        /// An earlier step ended the stage with exit code 78.
        case stopped
        /// The run was cancelled.
        case cancelled
        /// The stage took too long.
        case timedOut
        /// The process is broken: a cycle, a name used twice.
        case broken
        /// The worker did not say.
        case unreported
    }

    public var code: Code
    /// The clause, such as `when.branch`, where there is one.
    public var clause: String?
    /// A sentence without a period, such as “when.branch: “dev” is not main”.
    public var text: String

    public init(_ code: Code, clause: String? = nil, _ text: String) {
        self.code = code
        self.clause = clause
        self.text = text
    }

    public var description: String { text }
}
