import Contracts
import Worker

extension WorkerEvents {
    /// A rollout came to its good end. An image without a digest is no artifact one could name, and has no event.
    func deployed(_ service: String, _ environment: String, image: String, isFirst: Bool, _ step: StepRun) {
        guard let artifact = PackageURL(reference: image) else { return }
        // The same for every attempt: a rollout that is watched by two workers in turn happened once.
        var origin = origin(step, "deployed")
        origin.id = MessageID(rawValue: "\(step.job.grant.job).\(step.number).deployed")
        add(
            .service(
                isFirst ? .deployed : .upgraded, service, environment: environment, artifact: artifact, origin: origin),
            step)
    }
}
