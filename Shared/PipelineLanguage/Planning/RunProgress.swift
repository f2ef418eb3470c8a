public import Contracts

/// How far a run has come: all the ``Planner`` remembers, in the order of the plan's stages, steps and jobs. Kept as
/// JSON it takes up a run after a restart.
public struct RunProgress: Codable, Sendable, Hashable {
    public internal(set) var stages: [Stage]
    /// Why the run was cancelled, or `nil`.
    public internal(set) var cancelled: String?
    /// The run's state; final once all stages' are.
    public internal(set) var state: RunState

    public struct Stage: Codable, Sendable, Hashable {
        public internal(set) var state: RunState
        /// Why it was skipped, failed or was cancelled.
        public internal(set) var reason: String?
        /// What failed in it or before it (`step “test”`); those that wait for it then see a failure.
        public internal(set) var failure: String?
        /// Why nothing of it starts any more.
        public internal(set) var stop: SkipReason?
        public internal(set) var steps: [Step]
        public internal(set) var jobs: [Job]
    }

    public struct Step: Codable, Sendable, Hashable {
        public internal(set) var state: RunState
        public internal(set) var reason: String?
        public internal(set) var exitCode: Int32?
    }

    public enum Job: String, Codable, Sendable, Hashable, CaseIterable {
        /// For other jobs of the stage.
        case waiting
        /// Asked for, not yet granted to a worker.
        case queued
        case running
        case success, failure, cancelled, skipped

        public var isFinal: Bool {
            switch self {
            case .waiting, .queued, .running: false
            case .success, .failure, .cancelled, .skipped: true
            }
        }
    }

    /// Nothing has happened yet; what the plan skips is skipped.
    public init(_ plan: Plan) {
        state = .pending
        stages = plan.stages.map { stage in
            Stage(
                state: stage.skipped == nil ? .pending : .skipped, reason: stage.skipped?.text,
                steps: stage.steps.map { step in
                    Step(state: step.skipped == nil ? .pending : .skipped, reason: step.skipped?.text)
                },
                jobs: stage.jobs.map { _ in .waiting })
        }
    }

    /// Whether this is the progress of a run of that plan.
    public func fits(_ plan: Plan) -> Bool {
        stages.count == plan.stages.count
            && zip(stages, plan.stages).allSatisfy {
                $0.steps.count == $1.steps.count && $0.jobs.count == $1.jobs.count
            }
    }
}
