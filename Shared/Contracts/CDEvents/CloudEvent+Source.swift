extension CloudEvent {
    /// The edge took a push. There is no run yet: its chain is the trigger.
    public static func pushReceived(_ push: PushReceived, service: String) -> CloudEvent {
        CloudEvent(
            .pushReceived,
            origin(of: push.trigger, event: .pushReceived, service: service, at: push.trigger.receivedAt),
            subject: push.trigger.id.rawValue,
            content: [
                "repository": ["id": .string(push.trigger.repository.rawValue)], "ref": .string(push.trigger.ref),
                "commit": push.trigger.commit.map(JSONValue.string),
                "before": push.trigger.before.map(JSONValue.string),
                "sender": push.trigger.sender.map(JSONValue.string),
            ])
    }

    /// No hook told of pushes; they were found by comparing heads, and run.
    /// - Parameters:
    ///   - refs: the branches and tags that were pushed, by their full names; the first 100 are told.
    ///   - id: of the event, the same however often it is told.
    public static func pushesMissed(
        _ refs: [String], in repository: RepositoryPath, id: MessageID, service: String, at: Timestamp
    ) -> CloudEvent {
        let message = refs.count == 1 ? "1 push missed, made up" : "\(refs.count) pushes missed, made up"
        return CloudEvent(
            .pushMissed,
            EventOrigin(
                service: service, chain: id.rawValue, id: id, at: at,
                customData: ["repository": .string(repository.rawValue), "message": .string(message)]),
            subject: repository.rawValue,
            content: [
                "repository": ["id": .string(repository.rawValue)], "count": .integer(Int64(refs.count)),
                "refs": .array(refs.prefix(100).map { .string($0) }),
            ])
    }

    /// Something is wrong with a schedule: it missed its time, or cannot start runs.
    /// - Parameters:
    ///   - type: ``EventType/scheduleMissed`` or ``EventType/scheduleFailed``.
    ///   - message: what, and what becomes of it.
    ///   - id: of the event, the same however often it is told.
    public static func schedule(
        _ type: EventType, _ name: String, of repository: RepositoryPath, message: String, id: MessageID,
        service: String, at: Timestamp
    ) -> CloudEvent {
        CloudEvent(
            type,
            EventOrigin(
                service: service, chain: id.rawValue, id: id, at: at,
                customData: ["repository": .string(repository.rawValue), "message": .string(message)]),
            subject: "\(repository)/\(name)",
            content: ["repository": ["id": .string(repository.rawValue)], "name": .string(name)])
    }

    /// The commit is in the mirror.
    public static func sourceSynced(_ source: SourceSynced, service: String, at: Timestamp = .now) -> CloudEvent {
        CloudEvent(
            .sourceSynced, origin(of: source.trigger, event: .sourceSynced, service: service, at: at),
            subject: source.commit.sha,
            content: [
                "repository": ["id": .string(source.trigger.repository.rawValue)],
                "ref": .string(source.trigger.ref), "commit": .string(source.commit.sha),
                "pipelineFile": source.pipelineFile.map { .string($0.path) },
            ])
    }

    /// The commit could not be fetched.
    public static func sourceFailed(_ failure: SyncFailed, service: String, at: Timestamp = .now) -> CloudEvent {
        CloudEvent(
            .sourceFailed, origin(of: failure.trigger, event: .sourceFailed, service: service, at: at),
            subject: failure.trigger.id.rawValue,
            content: [
                "repository": ["id": .string(failure.trigger.repository.rawValue)],
                "ref": .string(failure.trigger.ref), "code": .string(failure.code.rawValue),
                "errors": .string(failure.reason),
            ])
    }

    /// The id of the event a trigger causes: a message that is handled again emits the same event again. The event of
    /// a run names the one of its synced source as its cause.
    public static func id(of event: EventType, for trigger: Trigger) -> MessageID {
        let name = EventType.withoutVersion(event.rawValue)
        return MessageID(rawValue: "\(trigger.id)/\(name.split(separator: ".").suffix(2).joined(separator: "."))")
    }

    private static func origin(
        of trigger: Trigger, event: EventType, service: String, at: Timestamp
    ) -> EventOrigin {
        var custom: [String: JSONValue] = [
            "trigger": .string(trigger.id.rawValue), "event": .string(trigger.event.rawValue),
        ]
        if let run = trigger.run { custom["run"] = .string(run.rawValue) }
        return EventOrigin(
            service: service, chain: trigger.run?.rawValue ?? trigger.id.rawValue, id: id(of: event, for: trigger),
            at: at,
            // Of a push that no hook told of there was no such event.
            cause: event == .pushReceived || trigger.run != nil || trigger.madeUp == true
                ? nil : id(of: .pushReceived, for: trigger),
            customData: custom)
    }
}
