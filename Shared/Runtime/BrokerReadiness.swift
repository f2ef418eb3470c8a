import AMQP

extension Status {
    /// Why a service cannot do its work with this broker, or `nil`.
    var problem: String? {
        switch self {
        case .connected: nil
        case .connecting(_, let error): "not connected" + (error.map { ": \($0)" } ?? "")
        case .blocked(let reason): "the broker takes no messages: \(reason)"
        case .closed: "the connection is closed"
        }
    }
}
