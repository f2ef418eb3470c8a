/// One frame of a connection.
enum ServerFrame: Sendable, Hashable {
    case method(ServerMethod)
    case header(bodySize: UInt64, MessageProperties)
    case body([UInt8])
}
