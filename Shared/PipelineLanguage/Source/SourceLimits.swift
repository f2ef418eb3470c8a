/// What a document may have at most. Whoever may push may send anything.
public struct SourceLimits: Sendable, Hashable {
    /// The length in bytes.
    public var bytes = 1 << 20
    /// The length of one text in bytes.
    public var scalarBytes = 1 << 18
    /// Values, counting those behind an alias each time.
    public var nodes = 200_000
    public var depth = 64
    public var stages = 1_000
    /// Steps and services of all stages together.
    public var steps = 10_000
    /// Who waits for whom among the steps of one stage, in the worst case of its conditions.
    public var dependencies = 1_000_000
    /// Stages one matrix may become.
    public var combinations = 256
    /// Diagnostics after which the rest is not told.
    public var diagnostics = 100

    public init() {}

    public static let standard = SourceLimits()
}
