import Logging
import Synchronization

extension Broker {
    /// Connects and stays connected until the task is cancelled; then closes the connections in order.
    ///
    /// Can be called once.
    ///
    /// - Throws: An ``AMQPError`` that waiting does not mend, met before a connection first stood: a wrong password,
    ///   a topology that conflicts with what exists, a certificate that cannot be read.
    public func run() async throws {
        guard hasRun.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            throw AMQPError(.closed, "a broker's run() can be called once")
        }
        let result: Result<Void, AMQPError>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.stay(connected: .publish) }
                group.addTask { try await self.stay(connected: .consume) }
                // Not waitForAll(), which goes on waiting for the other when one has failed.
                for try await _ in group {}
            }
            result = .success(())
        } catch let error as AMQPError {
            result = .failure(error)
        } catch {
            result = .success(())
        }
        let closed = AMQPError(.closed, "the broker's connections have been closed")
        switch result {
        case .success: await publisher.end(closed)
        case .failure(let error): await publisher.end(error)
        }
        await subscriber.end(result)
        for role in StatusBoard.Role.allCases { board.set(role, .closed) }
        try result.get()
    }

    /// Keeps one of the connections up.
    private func stay(connected role: StatusBoard.Role) async throws {
        var reconnect = Reconnect(endpoints: configuration.endpoints, backoff: configuration.backoff)
        var generator = SystemRandomNumberGenerator()
        var logger = logger
        logger[metadataKey: "connection"] = "\(role)"
        var hasConnected = false
        board.set(role, .down(since: .now, lastError: nil))
        while !Task.isCancelled {
            guard let (endpoint, wait) = reconnect.next(using: &generator) else {
                throw AMQPError(.invalidConfiguration, "the broker's configuration names no host")
            }
            if wait > .zero { try await Task.sleep(for: wait) }
            let began = ContinuousClock.now
            do throws(AMQPError) {
                let wire = try await connect(role, to: endpoint)
                hasConnected = true
                let version = wire.version
                logger.info(
                    "connected to the broker",
                    metadata: ["address": "\(endpoint)", "version": "\(version?.description ?? "")"])
                if let version, version < .oldest, role == .publish {
                    logger.warning(
                        "the broker is older than RabbitMQ \(BrokerVersion.oldest), which is the oldest that is supported",
                        metadata: ["version": "\(version)"])
                }
                guard let error = await serve(role, wire) else { return }
                reconnect.ended(after: .now - began)
                await failed(role, error)
                logger.warning("lost the broker", metadata: ["address": "\(endpoint)", "error": "\(error)"])
            } catch {
                await failed(role, error)
                if error.isPermanent && !hasConnected { throw error }
                logger.warning(
                    "cannot connect to the broker", metadata: ["address": "\(endpoint)", "error": "\(error)"])
            }
        }
    }

    private func connect(_ role: StatusBoard.Role, to endpoint: Endpoint) async throws(AMQPError) -> sending Wire {
        switch role {
        case .publish: try await connector.connect(to: endpoint, purpose: "publish", topology: topology)
        // A consumer declares the queue it needs on its own channel.
        case .consume: try await connector.connect(to: endpoint, purpose: "consume", topology: Topology())
        }
    }

    private func serve(_ role: StatusBoard.Role, _ wire: sending Wire) async -> AMQPError? {
        switch role {
        case .publish: await publisher.serve(wire)
        case .consume: await subscriber.serve(wire)
        }
    }

    private func failed(_ role: StatusBoard.Role, _ error: AMQPError) async {
        board.failed(role, error, now: .now)
        if role == .publish { await publisher.note(error) }
    }
}
