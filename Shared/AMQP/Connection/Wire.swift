import CRabbitMQ
import Glibc

/// One connection of the library, logged in. The only owner of its handle.
///
/// Not Sendable: it is handed from the ``Connector``, on whose thread the blocking calls of connecting are made, to the
/// actor that uses it, and stays on that actor's thread. After the hand-over nothing here waits for the broker: frames
/// are read without blocking, and ``send(_:on:)`` is only called while the socket has room.
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
    /// A duplicate of the library's descriptor. The library closes its own when it gives up a connection, after which
    /// that number may belong to another file; this one stays open until ``close()``.
    let descriptor: Int32
    let heartbeat: Duration
    let handle: OpaquePointer
    let arena = Arena()
    private(set) var isOpen = true

    init(handle: OpaquePointer, descriptor: Int32, endpoint: Endpoint, heartbeat: Duration) {
        self.handle = handle
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.heartbeat = heartbeat
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

    /// While corked the kernel sends full segments only; a message's three frames leave as one.
    func setCorked(_ corked: Bool) {
        var value: Int32 = corked ? 1 : 0
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
