import CCurl

/// libcurl's multi handle, with the sockets and the moment it wants to be called for.
///
/// It belongs to one ``TransferLoop``. libcurl makes its requests from within calls the loop makes.
final class MultiHandle {
    let pointer: OpaquePointer
    /// What libcurl waits for, by socket: `CURL_POLL_IN`, `CURL_POLL_OUT` or both.
    private(set) var sockets: [Int32: Int32] = [:]
    /// When libcurl wants to be called even if no socket is ready.
    private(set) var deadline: ContinuousClock.Instant?

    /// - Returns: `nil` where libcurl cannot start.
    init?(_ configuration: HTTPClient.Configuration) {
        guard Self.isReady, let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
        slipway_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, configuration.idleConnections)
        if let limit = configuration.connectionsPerHost {
            slipway_curl_multi_set_long(pointer, CURLMOPT_MAX_HOST_CONNECTIONS, limit)
        }
        slipway_curl_multi_set_callbacks(
            pointer,
            { _, socket, what, context, _ in
                guard let context else { return 0 }
                let handle = Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                handle.sockets[socket] = what == CURL_POLL_REMOVE ? nil : what
                return 0
            },
            { _, milliseconds, context in
                guard let context else { return 0 }
                let handle = Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
                handle.deadline = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_multi_cleanup(pointer)
    }

    /// Whether libcurl's process-wide state is set up; done once, before any handle.
    private static let isReady: Bool = slipway_curl_global_init() == CURLE_OK

    func add(_ easy: OpaquePointer) -> CURLMcode { curl_multi_add_handle(pointer, easy) }

    /// Takes a handle out. The connection of one that has not ended is closed.
    func remove(_ easy: OpaquePointer) { curl_multi_remove_handle(pointer, easy) }

    /// Lets libcurl look at a socket that is ready.
    func act(_ socket: Int32, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(pointer, socket, events, &running)
    }

    /// Lets libcurl do what is due by time, and what was just added or unpaused.
    func actOnTime() {
        deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(pointer, CURL_SOCKET_BAD, 0, &running)
    }

    /// The next handle that has ended, with libcurl's verdict.
    func nextEnded() -> (easy: OpaquePointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(pointer, &left) {
            if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
                return (easy, message.pointee.data.result)
            }
        }
        return nil
    }
}
