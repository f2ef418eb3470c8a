extension CloudEvent {
    /// A run waits to begin.
    /// - Parameters:
    ///   - pipeline: the name of the process.
    ///   - uri: where a person sees the run.
    public static func pipelineRunQueued(
        _ run: RunID, pipeline: String, uri: String? = nil, origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .pipelineRunQueued, origin, subject: run.rawValue,
            content: ["pipelineName": .string(pipeline), "uri": uri.map(JSONValue.string)])
    }

    /// The first job of a run was granted.
    public static func pipelineRunStarted(
        _ run: RunID, pipeline: String, uri: String, origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .pipelineRunStarted, origin, subject: run.rawValue,
            content: ["pipelineName": .string(pipeline), "uri": .string(uri)])
    }

    /// A run reached its end.
    /// - Parameter errors: why it failed, for people.
    public static func pipelineRunFinished(
        _ run: RunID, pipeline: String, outcome: EventOutcome, errors: String? = nil, uri: String? = nil,
        origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .pipelineRunFinished, origin, subject: run.rawValue,
            content: [
                "pipelineName": .string(pipeline), "outcome": .string(outcome.rawValue),
                "errors": errors.map(JSONValue.string), "uri": uri.map(JSONValue.string),
            ])
    }

    /// The subject of a step's events: one execution of one step by one grant of its job.
    public static func taskRunID(job: JobID, attempt: Int, step: String) -> String { "\(job)/\(attempt)/\(step)" }

    /// A step began.
    /// - Parameter task: ``taskRunID(job:attempt:step:)``.
    public static func taskRunStarted(
        _ task: String, name: String, run: RunID, uri: String? = nil, origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .taskRunStarted, origin, subject: task,
            content: [
                "taskName": .string(name), "pipelineRun": ["id": .string(run.rawValue)],
                "uri": uri.map(JSONValue.string),
            ])
    }

    /// A step ended.
    public static func taskRunFinished(
        _ task: String, name: String, run: RunID, outcome: EventOutcome, errors: String? = nil, uri: String? = nil,
        origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .taskRunFinished, origin, subject: task,
            content: [
                "taskName": .string(name), "pipelineRun": ["id": .string(run.rawValue)],
                "outcome": .string(outcome.rawValue), "errors": errors.map(JSONValue.string),
                "uri": uri.map(JSONValue.string),
            ])
    }
}
