import Contracts
import Logging
import PipelineLanguage
import Secrets
import ServiceLifecycle
import Worker

/// Tells the world what the deployer does, as CDEvents. A step never waits for it: events queue up here and are sent in
/// order, again until the broker has them.
struct DeployEvents: Service {
    private struct Pending: Sendable {
        var event: CloudEvent
        var run: RunID
    }

    /// More than this many that wait are not kept: the broker has been away for long, and work is more than news of it.
    private static let limit = 10_000

    private let emit: @Sendable (CloudEvent, RunID) async throws -> Void
    private let logger: Logger
    private let waiting: AsyncStream<Pending>
    private let continuation: AsyncStream<Pending>.Continuation

    init(logger: Logger, emit: @escaping @Sendable (CloudEvent, RunID) async throws -> Void) {
        self.logger = logger
        self.emit = emit
        (waiting, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.limit))
    }

    func run() async throws {
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

    // MARK: What happens

    func taskStarted(_ step: StepRun) {
        add(
            .taskRunStarted(task(step), name: step.step.name, run: step.job.grant.run, origin: origin(step, "started")),
            step)
    }

    func taskFinished(_ step: StepRun, _ outcome: EventOutcome, _ errors: String?) {
        add(
            .taskRunFinished(
                task(step), name: step.step.name, run: step.job.grant.run, outcome: outcome,
                errors: outcome == .success ? nil : errors.map { step.job.masked($0) },
                origin: origin(step, "finished")), step)
    }

    /// A rollout came to its good end. An image without a digest is no artifact one could name, and has no event.
    func deployed(_ service: String, _ environment: String, image: String, isFirst: Bool, _ step: StepRun) {
        guard let artifact = PackageURL(reference: image) else {
            logger.info("no event for an image without a digest", metadata: ["image": "\(image)"])
            return
        }
        // The same for every attempt: a rollout that is watched by two workers in turn happened once.
        var origin = origin(step, "deployed")
        origin.id = MessageID(rawValue: "\(step.job.grant.job).\(step.number).deployed")
        add(
            .service(
                isFirst ? .deployed : .upgraded, service, environment: environment, artifact: artifact, origin: origin),
            step)
    }

    private func add(_ event: CloudEvent, _ step: StepRun) {
        continuation.yield(Pending(event: event, run: step.job.grant.run))
    }

    private func task(_ step: StepRun) -> String {
        let grant = step.job.grant
        return CloudEvent.taskRunID(job: grant.job, attempt: grant.attempt, step: step.step.name)
    }

    private func origin(_ step: StepRun, _ what: String) -> EventOrigin {
        let grant = step.job.grant
        return EventOrigin(
            service: "deployer", run: grant.run,
            id: MessageID(rawValue: "\(grant.job).\(grant.attempt).\(step.step.name).\(step.number).\(what)"),
            customData: ["repository": .string(grant.repository.rawValue), "commit": .string(grant.commit.sha)])
    }
}
