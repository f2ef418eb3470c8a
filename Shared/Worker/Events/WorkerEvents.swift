import AMQP
public import Contracts
public import Logging
public import Messaging
import PipelineLanguage
public import ServiceLifecycle
public import SystemPackage

/// Tells the world what a worker does, as CDEvents. A step never waits for it: events queue up here and are sent in
/// order, again until the broker has them, if need be by the process after this one.
public struct WorkerEvents: Service {
    private static let limit = 10_000
    static let pauses = [Duration.milliseconds(200), .seconds(1), .seconds(5), .seconds(15)]

    private let service: String
    private let pauses: [Duration]
    private let publish: @Sendable (PreparedMessage) async throws -> Void
    private let logger: Logger
    private let queue: EventQueue

    /// - Parameters:
    ///   - service: who says so, such as `builder`.
    ///   - file: a file of this process's own, where what waits is kept; `nil` keeps it in memory alone.
    ///   - publish: returns once the broker has the event.
    public init(
        service: String, file: FilePath? = nil, logger: Logger,
        publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) {
        self.init(
            service: service, file: file, limit: Self.limit, pauses: Self.pauses, logger: logger, publish: publish)
    }

    /// - Parameters:
    ///   - limit: how many wait at most; of more the oldest are dropped.
    ///   - pauses: after the first failure, the second …; the last after all others.
    init(
        service: String, file: FilePath? = nil, limit: Int, pauses: [Duration], logger: Logger,
        publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) {
        self.service = service
        self.pauses = pauses
        self.publish = publish
        self.logger = logger
        queue = EventQueue(file: file, limit: limit, logger: logger)
    }

    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            for await _ in queue.wakes { await sendAll() }
            await sendAll()
            let left = queue.count
            guard left > 0 else { return }
            logger.warning(
                queue.isKept
                    ? "events wait for the next start to be told" : "events are lost that the broker did not take",
                metadata: ["count": "\(left)"])
        } onCancelOrGracefulShutdown: {
            queue.end()
        }
    }

    private func sendAll() async {
        var failures = 0
        while let message = queue.first, !Task.isCancelled {
            do {
                try await publish(message)
                failures = 0
                took(message)
                continue
            } catch let error as AMQPError where [.tooLarge, .invalidMessage].contains(error.code) {
                logger.error(
                    "event given up: the broker will never take it",
                    metadata: ["type": "\(message.type)", "error": "\(error)"])
                took(message)
                continue
            } catch {
                logger.warning("event not confirmed", metadata: ["type": "\(message.type)", "error": "\(error)"])
            }
            if queue.isEnding { return }
            await queue.pause(for: pauses[min(failures, pauses.count - 1)])
            failures += 1
        }
    }

    private func took(_ message: PreparedMessage) {
        let dropped = queue.removeFirst(message)
        if dropped > 0 {
            logger.error(
                "the oldest events were dropped: more waited for the broker than are kept",
                metadata: ["count": "\(dropped)"])
        }
    }

    /// Queues an event of a step, with the trace of the message the step's job came with.
    public func add(_ event: CloudEvent, _ step: StepRun) {
        do {
            add(try PreparedMessage(event: event, run: step.job.grant.run))
        } catch {
            logger.error("event cannot be written", metadata: ["type": "\(event.type)", "error": "\(error)"])
        }
    }

    func add(_ message: PreparedMessage) { queue.add(message) }

    /// The subject of a step's events.
    public func task(_ step: StepRun) -> String {
        let grant = step.job.grant
        return CloudEvent.taskRunID(job: grant.job, attempt: grant.attempt, step: step.step.name)
    }

    /// Where an event of a step comes from; its id is the same however often it is sent.
    public func origin(_ step: StepRun, _ what: String) -> EventOrigin {
        let grant = step.job.grant
        return EventOrigin(
            service: service, run: grant.run,
            id: MessageID(rawValue: "\(grant.job).\(grant.attempt).\(step.step.name).\(step.number).\(what)"),
            customData: ["repository": .string(grant.repository.rawValue), "commit": .string(grant.commit.sha)])
    }
}
