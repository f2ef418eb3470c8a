import Contracts
import Logging

/// Tells the world what was deployed.
struct DeployEvents: Sendable {
    let emit: @Sendable (CloudEvent, RunID) async throws -> Void
    let logger: Logger

    /// A rollout came to its good end. An image without a digest has no artifact to name, and no event.
    func deployed(
        _ service: String, _ environment: String, image: String, isFirst: Bool, grant: JobGrant
    ) async {
        guard let artifact = PackageURL(reference: image) else {
            logger.info("no event for an image without a digest", metadata: ["image": "\(image)"])
            return
        }
        // The same for every attempt: the rollout happened once.
        let origin = EventOrigin(
            service: "deployer", run: grant.run, id: MessageID(rawValue: "\(grant.job).deployed"),
            customData: [
                "repository": .string(grant.repository.rawValue), "commit": .string(grant.commit.sha),
            ])
        let event = CloudEvent.service(
            isFirst ? .deployed : .upgraded, service, environment: environment, artifact: artifact, origin: origin)
        for pause in [Duration.milliseconds(200), .seconds(1), .seconds(5)] {
            do {
                try await emit(event, grant.run)
                return
            } catch {
                logger.warning("event not confirmed", metadata: ["type": "\(event.type)", "error": "\(error)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
        }
    }
}
