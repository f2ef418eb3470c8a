import CRabbitMQ
import Glibc

/// One connection of the library, logged in. The only owner of its handle.
///
/// Not Sendable: it is handed from the ``Connector``, on whose thread the blocking calls of connecting are made, to the
/// actor that uses it, and stays on that actor's thread. After the hand-over nothing here waits for the broker: frames
/// are read without blocking, and ``flush()`` is only called while the socket has room.
final class Wire {
    /// How much may be written once ``isWritable`` has said yes, in bytes.
    ///
    /// Linux reports a socket as writable when a third of its send buffer is free. This and one frame more is less than
    /// a third of ``sendBufferSize``: a write does not have to wait for a peer that has stopped reading.
    static let writeBudget = 64 << 10
    static let sendBufferSize = 416 << 10
    /// The largest frame, in bytes.
    static let frameSize = 64 << 10

    let endpoint: Endpoint
    /// The login, which every message bears.
    let username: String
    /// A duplicate of the library's descriptor. The library closes its own when it gives up a connection, after which
    /// that number may belong to another file; this one stays open until ``close()``.
    let descriptor: Int32
    let heartbeat: Duration
    /// The node's; `nil` where it says none.
    let version: BrokerVersion?
    let handle: OpaquePointer
    let arena = Arena()
    /// Whether the library has to encrypt what is written, and so to write it.
    let isEncrypted: Bool
    let queue = FrameQueue(capacity: writeBudget + 2 * frameSize)
    private(set) var isOpen = true

    init(
        handle: OpaquePointer, descriptor: Int32, endpoint: Endpoint, username: String, isEncrypted: Bool,
        heartbeat: Duration
    ) {
        self.handle = handle
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.username = username
        self.isEncrypted = isEncrypted
        self.heartbeat = heartbeat
        version = BrokerVersion(of: handle)
    }

    deinit {
        close()
    }

    /// Gives up the connection without a word to the broker. Nothing may be called after it but this.
    func close() {
        guard isOpen else { return }
        isOpen = false
        // The library may flush or read on destruction (TLS); a socket that is shut down cannot make it wait.
        shutdown(descriptor, Int32(SHUT_RDWR))
        amqp_destroy_connection(handle)
        Glibc.close(descriptor)
    }

    /// Whether ``writeBudget`` bytes can be written at once.
    var isWritable: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&polled, 1, 0) == 1 && Int32(polled.revents) & POLLOUT != 0
    }

    /// Writes the frames that were put into the queue, in one go. Like the library's own writes it waits for a peer that
    /// has stopped reading; see ``writeBudget`` for why it does not have to.
    func flush() throws(AMQPError) {
        let status = flushed()
        guard status == AMQP_STATUS_OK.rawValue else { throw lost(status) }
    }

    /// - Returns: The library's status.
    func flushed() -> Int32 {
        guard !isEncrypted else {
            push()
            return AMQP_STATUS_OK.rawValue
        }
        defer { queue.removeAll() }
        var rest = queue.bytes
        while !rest.isEmpty {
            let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno == EAGAIN {
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                let limit = max(1, 2 * heartbeat.components.seconds)
                if poll(&polled, 1, Int32(limit) * 1000) == 0 { return AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue }
            } else if errno != EINTR {
                return AMQP_STATUS_SOCKET_ERROR.rawValue
            }
        }
        return AMQP_STATUS_OK.rawValue
    }

    /// The library has written the frames of a turn, encrypted each by itself; what of them did not fill a segment leaves
    /// now, and from the next turn's on together again.
    private func push() {
        for var corked: Int32 in [0, 1] {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &corked, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
