import Contracts
import PipelineLanguage
import Worker

/// Does the rollouts of one cluster or host, each by the first of its targets that takes the step.
struct DeployExecutor: JobExecutor, StepRunner {
    let targets: [any RolloutTarget]
    let events: WorkerEvents
    let turns: Turns

    /// - Parameter turns: The same for all that change one host, whatever names it goes by.
    init(targets: [any RolloutTarget], events: WorkerEvents, turns: Turns = Turns()) {
        self.targets = targets
        self.events = events
        self.turns = turns
    }

    /// What earlier lives began they did themselves, or the cluster does, whoever watches it.
    func collectLeftovers() async -> Bool {
        for target in targets { await target.recover() }
        return true
    }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        await run.steps(self)
    }

    func run(_ step: StepRun) async throws -> StepResult {
        try await events.telling(step) { try await deploy($0) }
    }

    /// The platform has looked at the step before; here its texts are whole, and the place has told where it is.
    private func permit(_ deploy: Deploy, of step: StepRun) throws(JobFailure) {
        guard let permit = step.job.grant.permit else {
            throw JobFailure(
                "the platform did not say what its environment allows: bring `pipeline` to this deployer's version, and run "
                    + "it again")
        }
        if let reason = permit.refusal(of: deploy, own: targets.lazy.compactMap(\.namespace).first) {
            throw JobFailure(reason)
        }
    }

    private func deploy(_ step: StepRun) async throws -> StepResult {
        guard let deploy = step.step.deploy else {
            throw JobFailure("the step has no deploy block: there is nothing to roll out; run it again to plan it anew")
        }
        try permit(deploy, of: step)
        for target in targets {
            guard let rollout = try await target.accept(deploy, step) else { continue }
            let subject = rollout.subject
            let result: RolloutResult
            do {
                result = try await turns.take(rollout.turn) {
                    try await rollout.run { events.rolledBack(subject, deploy.environment, image: $0.image, step) }
                }
            } catch let stopped as RolloutStopped {
                let outcome = "\(stopped.outcome)"
                return StepResult(success: false, reason: outcome, aftermath: outcome, wasStopped: true)
            } catch let failure as JobFailure where Task.isCancelled {
                // Stopped when it had failed already: why is told beside what stopped it.
                return StepResult(success: false, reason: failure.reason, aftermath: failure.reason, wasStopped: true)
            }
            events.deployed(subject, deploy.environment, image: result.image, isFirst: result.isFirst, step)
            var outputs = ["image": result.image, "revision": result.revision, "workload": subject]
            outputs["url"] = step.job.grant.permit?.url
            return StepResult(success: true, outputs: outputs)
        }
        let kinds = targets.map { type(of: $0).takes }
        throw JobFailure("the deploy block says none of what this deployer rolls out: \(kinds.joined(separator: ", "))")
    }
}
