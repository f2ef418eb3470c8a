public import Contracts
public import Logging
public import Messaging
import PipelineLanguage
public import ServiceLifecycle

/// Tells the world what a worker does, as CDEvents. A step never waits for it: events queue up here and are sent in
/// order, again until the broker has them.
public struct WorkerEvents: Service {
    /// More than this many that wait are not kept: the broker has been away for long, and work is more than news of it.
    private static let limit = 10_000

    private let service: String
    private let publish: @Sendable (PreparedMessage) async throws -> Void
    private let logger: Logger
    private let waiting: AsyncStream<PreparedMessage>
    private let continuation: AsyncStream<PreparedMessage>.Continuation

    /// - Parameters:
    ///   - service: who says so, such as `builder`.
    ///   - publish: returns once the broker has the event.
    public init(
        service: String, logger: Logger, publish: @escaping @Sendable (PreparedMessage) async throws -> Void
    ) {
        self.service = service
        self.logger = logger
        self.publish = publish
        (waiting, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.limit))
    }

    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            for await message in waiting { await send(message) }
        } onCancelOrGracefulShutdown: {
            continuation.finish()
        }
    }

    private func send(_ message: PreparedMessage) async {
        for pause in [Duration.milliseconds(200), .seconds(1), .seconds(5), .seconds(15)] {
            do {
                try await publish(message)
                return
            } catch {
                logger.warning(
                    "event not confirmed", metadata: ["type": "\(message.type)", "error": "\(error)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
        }
    }

    /// Queues an event of a step, with the trace of the message the step's job came with.
    public func add(_ event: CloudEvent, _ step: StepRun) {
        do {
            continuation.yield(try PreparedMessage(event: event, run: step.job.grant.run))
        } catch {
            logger.error("event cannot be written", metadata: ["type": "\(event.type)", "error": "\(error)"])
        }
    }

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
