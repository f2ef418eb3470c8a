import Contracts
import Logging
import Messaging

/// Tells the pipeline, and whoever listens, what became of a trigger. The ids are derived from the trigger's: handled
/// twice, it is told twice under the same id, which the receiver takes for once.
struct SyncOutcomes: Sendable {
    let bus: Bus
    let logger: Logger

    /// - Parameter push: the message of the gateway. Its event is emitted here, where the push is first taken off the
    ///   queue: the gateway answers a forge after one confirm, not two.
    func send(_ outcome: SyncOutcome, after push: PushReceived?) async throws {
        switch outcome {
        case .synced(let source):
            logger.info(
                "source synced",
                metadata: [
                    "repository": "\(source.trigger.repository)", "ref": "\(source.trigger.ref)",
                    "commit": "\(source.commit.sha)", "file": "\(source.pipelineFile?.path ?? "none")",
                ])
            try await bus.send(source, id: Self.id("synced", source.trigger), run: source.trigger.run)
        case .failed(let failure):
            logger.warning(
                "source cannot be had",
                metadata: [
                    "repository": "\(failure.trigger.repository)", "ref": "\(failure.trigger.ref)",
                    "code": "\(failure.code.rawValue)", "reason": "\(failure.reason)",
                ])
            try await bus.send(failure, id: Self.id("failed", failure.trigger), run: failure.trigger.run)
        }
        if let push { try await bus.emit(.pushReceived(push, service: bus.service), run: push.trigger.run) }
        switch outcome {
        case .synced(let source):
            try await bus.emit(.sourceSynced(source, service: bus.service), run: source.trigger.run)
        case .failed(let failure):
            try await bus.emit(.sourceFailed(failure, service: bus.service), run: failure.trigger.run)
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
}
