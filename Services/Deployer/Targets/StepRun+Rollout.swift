import Contracts
import PipelineLanguage
import Worker

extension StepRun {
    /// The rollout this try of the step is, by the name the target keeps. One job may have several tries of its step:
    /// each try is a rollout.
    var rollout: JobID { rollout(number) }

    /// The run as people know it, such as `shop/web#12`.
    var runName: String {
        let grant = job.grant
        return grant.environment["DRONE_BUILD_NUMBER"].map { "\(grant.repository)#\($0)" } ?? grant.run.rawValue
    }

    /// Whose what it rolls out to has to be.
    func ownership(of deploy: Deploy) -> Ownership {
        Ownership(
            owner: job.grant.repository.rawValue, environment: deploy.environment,
            takes: job.grant.permit?.takes ?? .own)
    }

    /// The rollouts of earlier tries, which have the same sequence.
    var earlierRollouts: [JobID] { (1..<max(1, number)).map(rollout) }

    private func rollout(_ number: Int) -> JobID {
        number > 1 ? JobID(rawValue: "\(job.grant.job).\(number)") : job.grant.job
    }
}
