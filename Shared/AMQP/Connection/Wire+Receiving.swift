import CRabbitMQ
import Glibc

extension Wire {
    /// The next frame that has arrived, or `nil` when there is none within `wait`.
    ///
    /// Also what sends heartbeats and notices missing ones: call it at least once every half heartbeat.
    func receive(wait: Duration = .zero) throws(AMQPError) -> (channel: UInt16, frame: ServerFrame)? {
        guard isOpen else { throw AMQPError(.connectionLost, "the connection to \(endpoint) is closed") }
        var frame = amqp_frame_t()
        var limit = timeval(wait)
        while true {
            let status = amqp_simple_wait_frame_noblock(handle, &frame, &limit)
            if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
            guard status == AMQP_STATUS_OK.rawValue else { throw lost(status) }
            defer { amqp_maybe_release_buffers_on_channel(handle, frame.channel) }
            switch Int32(frame.frame_type) {
            case AMQP_FRAME_METHOD:
                return (frame.channel, .method(ServerMethod(frame.payload.method)))
            case AMQP_FRAME_HEADER:
                let header = frame.payload.properties
                guard Int32(header.class_id) == AMQP_BASIC_CLASS, let decoded = header.decoded else {
                    throw AMQPError(.protocolViolation, "\(endpoint) sent a header of class \(header.class_id)")
                }
                let properties = decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee
                return (frame.channel, .header(bodySize: header.body_size, MessageProperties(properties)))
            case AMQP_FRAME_BODY:
                return (frame.channel, .body([UInt8](frame.payload.body_fragment)))
            default:
                continue
            }
        }
    }

    func lost(_ status: Int32) -> AMQPError {
        switch status {
        case AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue:
            AMQPError(.connectionLost, "\(endpoint) has shown no sign of life for twice the heartbeat of \(heartbeat)")
        case AMQP_STATUS_BAD_AMQP_DATA.rawValue, AMQP_STATUS_UNKNOWN_CLASS.rawValue,
            AMQP_STATUS_UNKNOWN_METHOD.rawValue, AMQP_STATUS_UNEXPECTED_STATE.rawValue:
            AMQPError(.protocolViolation, "\(endpoint) sent what is not AMQP", cause: Self.describe(status))
        default:
            AMQPError(.connectionLost, "the connection to \(endpoint) broke", cause: Self.describe(status))
        }
    }

    static func describe(_ status: Int32) -> String {
        amqp_error_string2(status).map { String(cString: $0) } ?? "status \(status)"
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
