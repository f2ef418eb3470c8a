import Contracts
import DockerEngine
import HTTPClient
import Logging
import Worker

extension ContainerReplacement {
    /// Puts in order what rollouts of a worker left half done when it was killed, whether they come again or not: the old
    /// container is in service as before. Where that has stopped and the new one is well, the new one stays.
    static func restore(of worker: String, _ engine: DockerEngine, http: HTTPClient, logger: Logger) async {
        do {
            for (service, record) in try await RolloutRecord.all(of: worker, engine) {
                try await restore(service, record.sequence, record.known, of: worker, engine, http, logger)
            }
        } catch {
            logger.warning("interrupted rollouts are not put in order", metadata: ["error": "\(error)"])
        }
    }

    private static func restore(
        _ service: String, _ sequence: Int64, _ known: Set<String>?, of worker: String, _ engine: DockerEngine,
        _ http: HTTPClient, _ logger: Logger
    ) async throws {
        let found = try await ServiceContainer.all(of: service, engine)
        // Alone and in its place it is done.
        guard let left = found.first(where: { $0.found.sequence == sequence }), let job = left.found.job,
            found.count > 1 || left.found.place != .current
        else { return }
        var logger = logger
        logger[metadataKey: "service"] = "\(service)"
        let replacement = ContainerReplacement(
            engine: engine, http: http, service: service, image: try ImageReference(left.details.image),
            specification: ContainerSpecification(image: left.details.image), order: nil, health: nil, login: nil,
            job: JobID(rawValue: job), sequence: sequence, worker: worker,
            // It is only put back, and what is its own bears its mark.
            ownership: Ownership(owner: "", environment: "", takes: .own), permit: nil, labels: [:],
            log: LoggedLines(logger: logger), logger: logger)
        let wanted = ReplacementPlan.Wanted(
            job: job, sequence: sequence, fingerprint: left.found.fingerprint ?? "", known: known)
        let outcome = await replacement.rollBack(
            Begun(
                plan: ReplacementPlan(service: service, wanted: wanted), image: left.details.image,
                isInterrupted: true))
        logger.notice("an interrupted rollout is put in order", metadata: ["outcome": "\(outcome)"])
    }

    /// Writes to the service's own log what belongs to no job's.
    private struct LoggedLines: StepLog {
        let logger: Logger

        func write(_ bytes: [UInt8]) async {
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                logger.info("interrupted rollout", metadata: ["line": "\(String(decoding: line, as: UTF8.self))"])
            }
        }
    }
}
