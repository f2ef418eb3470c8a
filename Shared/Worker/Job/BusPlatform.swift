public import Contracts
public import Logging
public import Messaging

import struct AMQP.AMQPError

/// The platform behind the broker.
public struct BusPlatform<Request: JobOffer>: JobPlatform {
    private let bus: Bus
    private let logs: Bus
    private let queue: Queue
    private let logger: Logger

    /// - Parameters:
    ///   - logs: What logs go over: their own connections, so that a flood of lines delays no report.
    ///   - queue: Where its wakes come.
    public init(_ type: Request.Type, bus: Bus, logs: Bus, queue: Queue, logger: Logger) {
        self.bus = bus
        self.logs = logs
        self.queue = queue
        self.logger = logger
    }

    /// - Throws: what `offer` throws, or `AMQPError` where the queue cannot be consumed.
    public func take<Value: Sendable>(
        _ offer: @escaping @Sendable (any JobOffer) async throws -> Offer<Value>
    ) async throws -> Value? {
        try await bus.take(Request.self, from: queue, logger: logger) { message, _ in try await offer(message) }
    }

    /// - Throws: `AMQPError` where no answer came in time.
    public func claim(_ claim: JobClaim) async throws -> JobClaimReply {
        try await bus.call(claim)
    }

    /// - Throws: ``JobFailure`` for a report that no broker takes, else `AMQPError`: it can be sent again.
    public func report(_ report: any Message, id: MessageID, run: RunID, timeout: Duration) async throws {
        do {
            try await bus.send(report, id: id, run: run, timeout: timeout)
        } catch let error as AMQPError where error.isOfMessage {
            throw JobFailure("\(type(of: report).type) cannot be sent: \(error.message)")
        }
    }

    /// - Throws: `AMQPError` where the broker did not confirm it.
    public func announce(_ worker: WorkerAnnounced, timeout: Duration) async throws {
        try await bus.send(worker, timeout: timeout)
    }

    /// - Throws: `CancellationError`.
    public func watchCancellations(_ body: @Sendable (JobCancelled) -> Void) async throws {
        for try await message in bus.announcements(JobCancelled.self, logger: logger) { body(message) }
    }

    /// - Throws: `CancellationError`.
    public func watchWaitingJobs(_ body: @Sendable (JobsWaiting) -> Void) async throws {
        for try await message in bus.announcements(JobsWaiting.self, logger: logger) { body(message) }
    }

    /// - Throws: ``JobFailure`` for a piece that no broker takes, else `AMQPError` where it was not confirmed.
    public func publish(_ chunk: LogChunk) async throws {
        let id = MessageID(rawValue: "\(chunk.job).\(chunk.attempt).\(chunk.step).\(chunk.offset)")
        do {
            try await logs.send(chunk, id: id, run: chunk.run)
        } catch let error as AMQPError where error.isOfMessage {
            throw JobFailure("\(LogChunk.type) cannot be sent: \(error.message)")
        }
    }
}
