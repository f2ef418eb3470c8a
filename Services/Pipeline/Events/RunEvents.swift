import Contracts

/// Events about runs for the outside world. The ids are made of what happened, so that the same occurrence is the same
/// event however often it is told.
struct RunEvents: Sendable {
    /// Where people reach this service, such as `https://slipway.example`.
    let publicURL: String

    func queued(_ run: RunSummary, _ details: RunDetails) -> CloudEvent {
        .pipelineRunQueued(
            run.id, pipeline: name(run, details), uri: page(run),
            origin: origin(run, details, "queued"))
    }

    func started(_ run: RunSummary, _ details: RunDetails) -> CloudEvent {
        .pipelineRunStarted(
            run.id, pipeline: name(run, details), uri: page(run),
            origin: origin(run, details, "started"))
    }

    func finished(_ run: RunSummary, _ details: RunDetails) -> CloudEvent {
        .pipelineRunFinished(
            run.id, pipeline: name(run, details), outcome: EventOutcome(run.state) ?? .success, errors: run.reason,
            uri: page(run), origin: origin(run, details, "finished"))
    }

    /// A build of an image waits for a builder. Each attempt is a build, as its beginning and its end are.
    func buildQueued(_ run: RunSummary, _ details: RunDetails, _ job: Job, _ step: String) -> CloudEvent {
        let attempt = job.lease.attempt
        return .buildQueued(
            CloudEvent.taskRunID(job: job.id, attempt: attempt, step: step),
            origin: origin(run, details, "\(job.id).\(attempt).\(step).queued"))
    }

    private func page(_ run: RunSummary) -> String { PagePath.run.address(at: publicURL, [run.id.rawValue]) }

    private func name(_ run: RunSummary, _ details: RunDetails) -> String {
        details.choice?.name ?? run.repository.rawValue
    }

    private func origin(_ run: RunSummary, _ details: RunDetails, _ what: String) -> EventOrigin {
        var custom: [String: JSONValue] = [
            "repository": .string(run.repository.rawValue), "number": .integer(Int64(run.number)),
            "state": .string(run.state.rawValue), "event": .string(run.event.rawValue), "ref": .string(run.ref),
        ]
        if let branch = run.branch { custom["branch"] = .string(branch) }
        if let sender = run.sender { custom["sender"] = .string(sender) }
        if let caller = run.startedBy { custom["startedBy"] = .string(caller.account) }
        if let caller = run.cancelledBy { custom["cancelledBy"] = .string(caller.account) }
        if let reason = run.reason { custom["reason"] = .string(reason) }
        if let commit = run.commit {
            custom["commit"] = .string(commit.sha)
            custom["message"] = .string(commit.message)
            custom["author"] = .string(commit.authorName)
        }
        return EventOrigin(
            service: "pipeline", run: run.id, id: MessageID(rawValue: "\(run.id).\(what)"),
            cause: details.trigger.run == nil ? CloudEvent.id(of: .sourceSynced, for: details.trigger) : nil,
            customData: custom)
    }
}
