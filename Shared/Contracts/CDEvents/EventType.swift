/// The events Slipway emits. CDEvents gives each type its own version.
public enum EventType: String, Sendable, CaseIterable {
    case pipelineRunQueued = "dev.cdevents.pipelinerun.queued.0.3.0"
    case pipelineRunStarted = "dev.cdevents.pipelinerun.started.0.3.0"
    case pipelineRunFinished = "dev.cdevents.pipelinerun.finished.0.3.0"
    case taskRunStarted = "dev.cdevents.taskrun.started.0.3.0"
    case taskRunFinished = "dev.cdevents.taskrun.finished.0.3.0"
    case buildQueued = "dev.cdevents.build.queued.0.3.0"
    case buildStarted = "dev.cdevents.build.started.0.3.0"
    case buildFinished = "dev.cdevents.build.finished.0.3.0"
    case artifactPackaged = "dev.cdevents.artifact.packaged.0.3.0"
    case artifactPublished = "dev.cdevents.artifact.published.0.3.0"
    case serviceDeployed = "dev.cdevents.service.deployed.0.3.0"
    case serviceUpgraded = "dev.cdevents.service.upgraded.0.3.0"
    case serviceRolledBack = "dev.cdevents.service.rolledback.0.3.0"
    /// CDEvents has no words for a push that is no change under review, nor for trouble: these are custom types.
    case pushReceived = "dev.cdeventsx.slipway-push.received.0.1.0"
    case pushMissed = "dev.cdeventsx.slipway-push.missed.0.1.0"
    case scheduleMissed = "dev.cdeventsx.slipway-schedule.missed.0.1.0"
    case scheduleFailed = "dev.cdeventsx.slipway-schedule.failed.0.1.0"
    case troubleBegan = "dev.cdeventsx.slipway-trouble.began.0.1.0"
    case troubleEnded = "dev.cdeventsx.slipway-trouble.ended.0.1.0"
    case sourceSynced = "dev.cdeventsx.slipway-source.synced.0.1.0"
    case sourceFailed = "dev.cdeventsx.slipway-source.failed.0.1.0"

    /// Whether a type is this one, of whatever version.
    public func isVersion(of type: String) -> Bool { Self.withoutVersion(rawValue) == Self.withoutVersion(type) }

    /// A type without its last three numbers: `dev.cdevents.build.queued.0.3.0` → `dev.cdevents.build.queued`.
    static func withoutVersion(_ type: String) -> String {
        let parts = type.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 3 else { return type }
        return parts.dropLast(3).joined(separator: ".")
    }
}

/// How a pipeline run or a task run ended, in CDEvents' words.
public enum EventOutcome: String, Codable, Sendable, CaseIterable {
    case success, failure, cancel, error
}

extension EventOutcome {
    /// The word for a final state, or `nil` where nothing ran to an end.
    public init?(_ state: RunState) {
        switch state {
        case .success: self = .success
        case .failure: self = .failure
        case .cancelled: self = .cancel
        case .pending, .running, .skipped: return nil
        }
    }

    /// The word for a step's end, or `nil` for one that was skipped.
    public init?(_ outcome: StepOutcome) {
        switch outcome {
        case .success: self = .success
        case .failure: self = .failure
        case .cancelled: self = .cancel
        case .skipped: return nil
        }
    }
}
