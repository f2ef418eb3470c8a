import Contracts
import Worker

extension WorkerEvents {
    /// A rollout came to its good end. An image without a digest is no artifact one could name, and has no event.
    func deployed(_ service: String, _ environment: String, image: String, isFirst: Bool, _ step: StepRun) {
        // A run of the event `rollback` puts an older artifact back by the same step that brings a newer one.
        let isRollback = step.job.grant.environment["DRONE_BUILD_EVENT"] == Event.rollback.rawValue
        let change: CloudEvent.ServiceChange = isFirst ? .deployed : isRollback ? .rolledBack : .upgraded
        changed(change, service, environment, image: image, "deployed", step)
    }

    /// A rollout failed, and what ran before it serves again.
    func rolledBack(_ service: String, _ environment: String, image: String, _ step: StepRun) {
        changed(.rolledBack, service, environment, image: image, "rolledback", step)
    }

    private func changed(
        _ change: CloudEvent.ServiceChange, _ service: String, _ environment: String, image: String, _ what: String,
        _ step: StepRun
    ) {
        guard let artifact = PackageURL(reference: image) else { return }
        // The same for every attempt: a rollout that is watched by two workers in turn happened once.
        var origin = origin(step, what)
        origin.id = MessageID(rawValue: "\(step.job.grant.job).\(step.number).\(what)")
        let url = step.job.grant.permit?.url
        add(.service(change, service, environment: environment, url: url, artifact: artifact, origin: origin), step)
    }
}
