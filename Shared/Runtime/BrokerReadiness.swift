public import AMQP

extension Status {
    /// Why nothing can be published or taken at this broker, or `nil`.
    public var problem: String? {
        switch self {
        case .connected: nil
        case .connecting(_, let error): "not connected" + (error.map { ": \($0)" } ?? "")
        case .blocked(let reason): "the broker takes no messages: \(reason)"
        case .closed: "the connection is closed"
        }
    }
}
