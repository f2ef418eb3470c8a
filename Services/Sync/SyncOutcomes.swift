import Contracts
import Logging
import Messaging

/// Tells the pipeline, and whoever listens, what became of a trigger. The ids are derived from the trigger's: handled
/// twice, it is told twice under the same id, which the receiver takes for once.
struct SyncOutcomes: Sendable {
    let bus: Bus
    let logger: Logger

    /// Handles a trigger: says while it takes long what it waits for, and in the end what became of it.
    /// - Throws: `MessageFailure.retry` where it is to be tried again.
    func handle(
        _ trigger: Trigger, cloneURL: String, after push: PushReceived?, _ context: MessageContext,
        by synchronizer: Synchronizer
    ) async throws {
        let outcome = try await FetchActivity.watching(
            every: Self.interval,
            work: { activity in
                try await synchronizer.synchronize(
                    trigger, cloneURL: cloneURL, attempt: context.attempt, activity: activity)
            },
            tell: { reason in await delayed(SyncDelayed(trigger: trigger, reason: reason)) })
        if case .delayed(let delay) = outcome {
            try await bus.send(delay, id: Self.id("delayed/\(context.attempt)", trigger), run: trigger.run)
            throw MessageFailure.retry(delay.reason)
        }
        if case .waiting(let wait, let delay) = outcome {
            await delayed(wait)
            throw MessageFailure.later(wait.reason, after: delay)
        }
        try await send(outcome, after: push)
    }

    /// After so long a run says what it waits for.
    static let interval = Duration.seconds(5)

    private func delayed(_ delay: SyncDelayed) async {
        do {
            // Each time another message: the same reason may come back.
            try await bus.send(delay, id: .make(), run: delay.trigger.run)
        } catch {
            logger.notice("a run cannot be told what it waits for", metadata: ["error": "\(error)"])
        }
    }

    /// - Parameter push: the message of the gateway. Its event is emitted here, where the push is first taken off the
    ///   queue: the gateway answers a forge after one confirm, not two.
    func send(_ outcome: SyncOutcome, after push: PushReceived?) async throws {
        switch outcome {
        case .synced(let source):
            logger.info(
                "source synced",
                metadata: [
                    "repository": "\(source.trigger.repository)", "ref": "\(source.trigger.ref)",
                    "commit": "\(source.commit.sha)", "path": "\(source.pipelineFile?.path ?? "none")",
                ])
            try await bus.send(source, id: Self.id("synced", source.trigger), run: source.trigger.run)
        case .failed(var failure):
            if let push, failure.code == .unknownRepository {
                (failure.cloneURL, failure.defaultBranch) = (push.cloneURL, push.defaultBranch)
            }
            logger.warning(
                "source cannot be fetched",
                metadata: [
                    "repository": "\(failure.trigger.repository)", "ref": "\(failure.trigger.ref)",
                    "code": "\(failure.code.rawValue)", "reason": "\(failure.reason)",
                ])
            try await bus.send(failure, id: Self.id("failed", failure.trigger), run: failure.trigger.run)
        case .delayed, .waiting:
            return
        }
        if let push { try await bus.emit(.pushReceived(push, service: bus.service), run: push.trigger.run) }
        switch outcome {
        case .synced(let source):
            try await bus.emit(.sourceSynced(source, service: bus.service), run: source.trigger.run)
        case .failed(let failure):
            try await bus.emit(.sourceFailed(failure, service: bus.service), run: failure.trigger.run)
        case .delayed, .waiting:
            break
        }
    }

    static func id(_ what: String, _ trigger: Trigger) -> MessageID {
        MessageID(rawValue: "\(trigger.id)/\(what)")
    }
}

/// What became of a trigger.
enum SyncOutcome: Sendable, Equatable {
    case synced(SourceSynced)
    case failed(SyncFailed)
    /// It is to be tried again.
    case delayed(SyncDelayed)
    /// It was not tried, for too many wait; it is to come again.
    case waiting(SyncDelayed, RetryPolicy.Delay)
}
