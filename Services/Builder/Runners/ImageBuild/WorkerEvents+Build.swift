import Contracts
import Worker

extension WorkerEvents {
    /// An image build began.
    func buildStarted(_ step: StepRun) {
        add(.buildStarted(task(step), origin: origin(step, "build-started")), step)
    }

    /// An image was built, and is in the registry.
    func built(_ step: StepRun, _ artifact: PackageURL, user: String?) {
        let grant = step.job.grant
        add(.buildFinished(task(step), artifact: artifact, origin: origin(step, "build-finished")), step)
        add(
            .artifactPackaged(
                artifact, commit: grant.commit.sha, repository: grant.repository, origin: origin(step, "packaged")),
            step)
        // Whoever pushes may be named by a secret.
        let shown = user.flatMap { step.job.masked($0) == $0 ? $0 : nil }
        add(.artifactPublished(artifact, user: shown, origin: origin(step, "published")), step)
    }
}
