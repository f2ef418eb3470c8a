/// Which job of a run: the same for the same process and facts, so a platform can keep its own number beside it.
public struct JobKey: Codable, Sendable, Hashable, CustomStringConvertible {
    public var stage: String
    /// Counts the stage's jobs from 0.
    public var index: Int

    public init(stage: String, index: Int) {
        self.stage = stage
        self.index = index
    }

    public var description: String { "\(stage)#\(index)" }
}

/// Which step of a run.
public struct StepKey: Codable, Sendable, Hashable, CustomStringConvertible {
    public var stage: String
    public var step: String

    public init(stage: String, step: String) {
        self.stage = stage
        self.step = step
    }

    public var description: String { "\(stage)/\(step)" }
}
