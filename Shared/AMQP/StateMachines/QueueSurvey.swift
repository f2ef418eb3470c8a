/// Asks for the lengths of queues, one after another, on a channel that is closed after them. A queue that is not there has
/// none.
struct QueueSurvey: Sendable {
    enum Action: Sendable, Hashable {
        case send(ClientMethod)
        /// The channel is closed, and all was asked for.
        case finished
    }

    private var left: ArraySlice<String>
    private(set) var lengths: [String: Int] = [:]

    init(_ queues: [String]) { left = queues[...] }

    func begin() -> ClientMethod { .channelOpen }

    mutating func received(_ method: ServerMethod) -> [Action] {
        switch method {
        case .channelOpenOk: return [next]
        case .queueDeclareOk(let messages, _):
            if let queue = left.popFirst() { lengths[queue] = Int(messages) }
            return [next]
        case .channelClose:
            // It is not there. The channel's number is free again.
            left = left.dropFirst()
            return [.send(.channelCloseOk)] + (left.isEmpty ? [.finished] : [.send(.channelOpen)])
        case .channelCloseOk: return [.finished]
        default: return []
        }
    }

    private var next: Action { .send(left.first.map { .queueDeclare(Queue($0).looked) } ?? .channelClose) }
}
