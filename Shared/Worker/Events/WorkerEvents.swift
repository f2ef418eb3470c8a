public import Contracts
public import Logging
import PipelineLanguage
public import ServiceLifecycle

/// Tells the world what a worker does, as CDEvents. A step never waits for it: events queue up here and are sent in
/// order, again until the broker has them.
public struct WorkerEvents: Service {
    private struct Pending: Sendable {
        var event: CloudEvent
        var run: RunID
    }

    /// More than this many that wait are not kept: the broker has been away for long, and work is more than news of it.
    private static let limit = 10_000

    private let service: String
    private let emit: @Sendable (CloudEvent, RunID) async throws -> Void
    private let logger: Logger
    private let waiting: AsyncStream<Pending>
    private let continuation: AsyncStream<Pending>.Continuation

    /// - Parameters:
    ///   - service: who says so, such as `builder`.
    ///   - emit: returns once the broker has the event.
    public init(
        service: String, logger: Logger, emit: @escaping @Sendable (CloudEvent, RunID) async throws -> Void
    ) {
        self.service = service
        self.logger = logger
        self.emit = emit
        (waiting, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.limit))
    }

    public func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            for await pending in waiting { await send(pending) }
        } onCancelOrGracefulShutdown: {
            continuation.finish()
        }
    }

    private func send(_ pending: Pending) async {
        for pause in [Duration.milliseconds(200), .seconds(1), .seconds(5), .seconds(15)] {
            do {
                try await emit(pending.event, pending.run)
                return
            } catch {
                logger.warning(
                    "event not confirmed", metadata: ["type": "\(pending.event.type)", "error": "\(error)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
        }
    }

    /// Queues an event of a step.
    public func add(_ event: CloudEvent, _ step: StepRun) {
        continuation.yield(Pending(event: event, run: step.job.grant.run))
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
