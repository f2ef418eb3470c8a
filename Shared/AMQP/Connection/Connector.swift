import CRabbitMQ
import Glibc
import Threading

/// Makes connections. Resolving, connecting, the TLS handshake and the login block, so they have their own thread;
/// meanwhile the connections' own threads keep their deadlines.
actor Connector {
    nonisolated let thread = PinnedThread(name: "amqp-connect")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let configuration: BrokerConfiguration

    init(_ configuration: BrokerConfiguration) {
        self.configuration = configuration
    }

    /// Connects to one node, logs in and declares the topology.
    ///
    /// - Parameter purpose: Completes the connection's name, as in `builder publish`.
    func connect(
        to endpoint: Endpoint, purpose: String, topology: Topology
    ) throws(AMQPError) -> sending Wire {
        let wire = try openSocket(endpoint, purpose)
        let timeout = configuration.connectTimeout
        guard configuration.statesLimits(wire.version) else {
            _ = try Self.perform(topology.declarations, on: wire, timeout)
            return wire
        }
        for queue in topology.queues where queue.returnLimit != nil {
            do throws(AMQPError) {
                _ = try Self.perform([.queueDeclare(queue.looked)], on: wire, timeout)
            } catch {
                guard error.code == .notFound else { throw error }
                _ = try Self.perform([.queueDeclare(queue.limited)], on: wire, timeout)
            }
        }
        var others = topology
        others.queues.removeAll { $0.returnLimit != nil }
        _ = try Self.perform(others.declarations, on: wire, timeout)
        return wire
    }

    /// Connects to one of the nodes for some methods alone.
    ///
    /// - Returns: What the broker answered to each.
    func perform(_ methods: [ClientMethod], purpose: String) throws(AMQPError) -> [ServerMethod] {
        var last = AMQPError(.invalidConfiguration, "the broker's configuration names no host")
        for endpoint in configuration.endpoints.shuffled() {
            let wire: Wire
            do throws(AMQPError) {
                wire = try openSocket(endpoint, purpose)
            } catch {
                last = error
                continue
            }
            let answers = try Self.perform(methods, on: wire, configuration.connectTimeout)
            // It ends whether the broker hears this or not.
            try? wire.send(.connectionClose, on: 0)
            return answers
        }
        throw last
    }

    private func openSocket(_ endpoint: Endpoint, _ purpose: String) throws(AMQPError) -> sending Wire {
        guard let handle = amqp_new_connection() else {
            throw AMQPError(.unreachable, "no memory for a connection to \(endpoint)")
        }
        do throws(AMQPError) {
            let socket =
                try configuration.tls.map { (tls) throws(AMQPError) in
                    try Self.secureSocket(handle, tls)
                } ?? amqp_tcp_socket_new(handle)
            guard let socket else { throw AMQPError(.unreachable, "no memory for a connection to \(endpoint)") }
            try Self.open(socket, endpoint, configuration.connectTimeout)
            let descriptor = try Self.prepare(amqp_get_sockfd(handle), endpoint, configuration.heartbeat)
            do throws(AMQPError) {
                try Self.login(handle, endpoint, configuration, purpose)
                return Wire(
                    handle: handle, descriptor: descriptor, endpoint: endpoint, username: configuration.username,
                    isEncrypted: configuration.tls != nil, heartbeat: .seconds(Int(amqp_get_heartbeat(handle))))
            } catch {
                close(descriptor)
                throw error
            }
        } catch {
            amqp_destroy_connection(handle)
            throw error
        }
    }

    private static func secureSocket(
        _ handle: OpaquePointer, _ tls: TLSConfiguration
    ) throws(AMQPError) -> OpaquePointer? {
        guard let socket = amqp_ssl_socket_new(handle) else { return nil }
        // Without it the library trusts nobody: it knows no default paths before 0.14.
        guard amqp_ssl_socket_set_cacert(socket, tls.certificateAuthority) == AMQP_STATUS_OK.rawValue else {
            throw AMQPError(
                .invalidConfiguration,
                "the file of trusted certificates '\(tls.certificateAuthority)' cannot be read as PEM")
        }
        if let certificate = tls.clientCertificate {
            let key = tls.clientKey ?? certificate
            guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
                throw AMQPError(
                    .invalidConfiguration,
                    "the client certificate '\(certificate)' and its key '\(key)' cannot be read as PEM, or do not match"
                )
            }
        }
        amqp_ssl_socket_set_verify_peer(socket, 1)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verifiesHostname ? 1 : 0)
        guard amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == AMQP_STATUS_OK.rawValue
        else { throw AMQPError(.tls, "this TLS library cannot be held to TLS 1.2 or newer") }
        return socket
    }

    private static func open(
        _ socket: OpaquePointer, _ endpoint: Endpoint, _ timeout: Duration
    ) throws(AMQPError) {
        var limit = timeval(timeout)
        errno = 0
        let status = amqp_socket_open_noblock(socket, endpoint.host, Int32(endpoint.port), &limit)
        guard status != AMQP_STATUS_OK.rawValue else { return }
        let system = errno
        switch status {
        case AMQP_STATUS_SSL_ERROR.rawValue, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue,
            AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue, AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue:
            throw AMQPError(.tls, "no TLS connection to \(endpoint) could be made", cause: Wire.describe(status))
        case AMQP_STATUS_TIMEOUT.rawValue:
            throw AMQPError(.unreachable, "\(endpoint) did not answer within \(timeout)")
        default:
            // The library keeps the system's own reason to itself; what it left in errno is usually that.
            let named = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, ECONNRESET, EACCES].contains(system)
            throw AMQPError(
                .unreachable, "\(endpoint) could not be reached",
                cause: named ? String(cString: strerror(system)) : Wire.describe(status))
        }
    }

    /// Sets the socket's options and returns a descriptor of one's own for it.
    private static func prepare(
        _ socket: Int32, _ endpoint: Endpoint, _ heartbeat: Duration
    ) throws(AMQPError) -> Int32 {
        let descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else {
            throw AMQPError(.unreachable, "no descriptor for \(endpoint)", cause: String(cString: strerror(errno)))
        }
        // The kernel doubles it, and gives what an unprivileged process may have.
        var size = Int32(Wire.sendBufferSize / 2)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        // For a write that waits all the same: the kernel gives up long after the heartbeat should have.
        var limit = UInt32(clamping: heartbeat.components.seconds * 6000)
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, socklen_t(MemoryLayout<UInt32>.size))
        return descriptor
    }

    private static func login(
        _ handle: OpaquePointer, _ endpoint: Endpoint, _ configuration: BrokerConfiguration, _ purpose: String
    ) throws(AMQPError) {
        var limit = timeval(configuration.connectTimeout)
        amqp_set_handshake_timeout(handle, &limit)
        amqp_set_rpc_timeout(handle, &limit)
        let arena = Arena()
        var properties = arena.table([
            "product": "slipway",
            "connection_name": .string("\(configuration.connectionName) \(purpose)"),
            // Without these the broker neither says that it blocks a connection nor that it ended a consumer.
            "capabilities": .table([
                "authentication_failure_close": true, "basic.nack": true, "connection.blocked": true,
                "consumer_cancel_notify": true, "publisher_confirms": true,
            ]),
        ])
        let reply = crabbitmq_login_plain(
            handle, configuration.virtualHost, 2047, Int32(Wire.frameSize),
            Int32(clamping: max(1, configuration.heartbeat.components.seconds)), &properties, configuration.username,
            configuration.password)
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL:
            return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard case .connectionClose(let code, let text) = ServerMethod(reply.reply) else {
                throw AMQPError(.protocolViolation, "\(endpoint) answered the login with something else")
            }
            throw refusal(code, text, endpoint, configuration)
        default:
            throw AMQPError(
                .unreachable, "\(endpoint) gave up the connection during the login",
                cause: Wire.describe(reply.library_error))
        }
    }

    private static func refusal(
        _ code: UInt16, _ text: String, _ endpoint: Endpoint, _ configuration: BrokerConfiguration
    ) -> AMQPError {
        switch (code, text) {
        case (403, _):
            AMQPError(
                .authentication, "\(endpoint) refused the login of the user '\(configuration.username)'", cause: text)
        case (530, let text) where text.contains("not found"):
            AMQPError(
                .notFound, "\(endpoint) has no virtual host '\(configuration.virtualHost)'", cause: text)
        case (530, _):
            AMQPError(
                .accessRefused,
                "the user '\(configuration.username)' may not use the virtual host '\(configuration.virtualHost)'",
                cause: text)
        default:
            AMQPError(.unreachable, "\(endpoint) refused the connection", cause: "\(code) \(text)")
        }
    }

    /// Says some methods on a channel that is closed again, and waits for each answer.
    private static func perform(
        _ methods: [ClientMethod], on wire: Wire, _ timeout: Duration
    ) throws(AMQPError) -> [ServerMethod] {
        guard !methods.isEmpty else { return [] }
        var answers: [ServerMethod] = []
        var setup = ChannelSetup(methods + [.channelClose])
        let channel: UInt16 = 1
        try wire.send(setup.begin(), on: channel)
        while true {
            // A quorum queue is made by a vote of the nodes; each answer has the whole time.
            guard let (number, frame) = try wire.receive(wait: timeout) else {
                throw AMQPError(
                    .unreachable, "\(wire.endpoint) did not answer within \(timeout)",
                    cause: "at \(setup.subject)")
            }
            guard case .method(let method) = frame, number == channel || number == 0 else { continue }
            let action = setup.received(method)
            if action != .none { answers.append(method) }
            switch action {
            case .send(let next): try wire.send(next, on: channel)
            // The first and the last are those of the channel.
            case .finished: return Array(answers.dropFirst().dropLast())
            case .failed(let error):
                if case .channelClose = method { try wire.send(.channelCloseOk, on: channel) }
                throw error
            case .none: break
            }
        }
    }
}
