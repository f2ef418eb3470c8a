/// What somebody has to look after.
public enum TroubleKind: String, Codable, Sendable, CaseIterable {
    /// Messages that no service could handle.
    case parkedMessages = "parked-messages"
    /// A worker that takes no jobs since it is short of something.
    case sickWorker = "sick-worker"
    /// A disk that is nearly full.
    case fullDisk = "full-disk"
    /// Another platform on the same broker, with a database of its own.
    case refusedPlatform = "refused-platform"
}

extension CloudEvent {
    /// There is trouble, or it is over.
    /// - Parameters:
    ///   - subject: what it is of, such as a worker.
    ///   - message: a sentence for people.
    ///   - id: what the trouble is known by: both of its events are of one chain.
    ///   - uri: where people see more.
    public static func trouble(
        _ kind: TroubleKind, of subject: String, message: String, id: MessageID, since: Timestamp, isOver: Bool,
        uri: String, service: String, at: Timestamp
    ) -> CloudEvent {
        let type: EventType = isOver ? .troubleEnded : .troubleBegan
        let text = isOver ? "over: \(message)" : message
        return CloudEvent(
            type,
            EventOrigin(
                service: service, chain: id.rawValue, id: MessageID(rawValue: "\(id).\(isOver ? "ended" : "began")"),
                at: at, customData: ["message": .string(text)]),
            subject: subject,
            content: [
                "kind": .string(kind.rawValue), "message": .string(message), "since": .string(since.description),
                "uri": .string(uri),
            ])
    }
}
