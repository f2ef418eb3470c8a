/// Who emits an event, in which chain, and when: what the context of every event is made of.
public struct EventOrigin: Sendable, Equatable {
    /// Stable across resends: derive it from what happened (`<job>.<attempt>.<step>.started`), so that a redelivered
    /// message emits the same event again instead of a second one.
    public var id: MessageID
    /// The service as a URI reference, such as `/slipway/builder`.
    public var source: String
    /// What all events of one run share: the run's id, or before there is a run, the trigger's.
    public var chain: String
    public var at: Timestamp
    /// The event this one follows from.
    public var cause: MessageID?
    /// Goes to `customData`.
    public var customData: [String: JSONValue]

    /// - Parameter service: the executable's name, such as `builder`.
    public init(
        service: String, chain: String, id: MessageID = .make(), at: Timestamp = .now, cause: MessageID? = nil,
        customData: [String: JSONValue] = [:]
    ) {
        self.id = id
        source = "/slipway/\(service)"
        self.chain = chain
        self.at = at
        self.cause = cause
        self.customData = customData
    }

    /// The same within the chain of a run, which is also named in `customData`.
    public init(
        service: String, run: RunID, id: MessageID = .make(), at: Timestamp = .now, cause: MessageID? = nil,
        customData: [String: JSONValue] = [:]
    ) {
        self.init(
            service: service, chain: run.rawValue, id: id, at: at, cause: cause,
            customData: customData.merging(["run": .string(run.rawValue)]) { given, _ in given })
    }
}

extension CloudEvent {
    init(_ type: EventType, _ origin: EventOrigin, subject: String, content: [String: JSONValue?]) {
        self.init(
            CDEvent(
                context: CDEvent.Context(
                    id: origin.id, source: origin.source, type: type.rawValue, timestamp: origin.at,
                    chainId: origin.chain, links: origin.cause.map { [.triggered(by: $0)] }),
                subject: CDEvent.Subject(
                    id: subject, source: origin.source, content: .object(content.compactMapValues { $0 })),
                customData: origin.customData.isEmpty ? nil : .object(origin.customData)))
    }
}
