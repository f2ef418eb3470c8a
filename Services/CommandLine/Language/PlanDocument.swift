import PipelineLanguage

/// A plan as JSON.
struct PlanDocument: Encodable {
    struct Stage: Encodable {
        var name: String
        var runs: Bool
        var reason: SkipReason?
        var dependsOn: [String]
        var jobs: [Job]
        var services: [Service]
        var steps: [Step]

        enum CodingKeys: String, CodingKey {
            case name, runs, reason, jobs, services, steps
            case dependsOn = "depends_on"
        }
    }

    struct Job: Encodable {
        var index: Int
        var rollout: Bool
        var steps: [String]
        var after: [String]
    }

    struct Service: Encodable {
        var name: String
        var runs: Bool
        var reason: SkipReason?
    }

    struct Step: Encodable {
        var name: String
        var kind: PipelineLanguage.Step.Kind
        var runs: Bool
        var reason: SkipReason?
        var dependsOn: [String]
        var job: Int?

        enum CodingKeys: String, CodingKey {
            case name, kind, runs, reason, job
            case dependsOn = "depends_on"
        }
    }

    var name: String
    var facts: Facts
    var runs: Bool
    var reason: SkipReason?
    var stages: [Stage]

    init(_ plan: Plan) {
        name = plan.process.name
        facts = plan.facts
        runs = !plan.isEmpty
        reason = plan.refusal
        stages = plan.stages.map { stage in
            Stage(
                name: stage.name, runs: stage.skipped == nil, reason: stage.skipped, dependsOn: stage.dependsOn,
                jobs: stage.jobs.map {
                    Job(index: $0.key.index, rollout: $0.isRollout, steps: $0.steps, after: $0.after)
                },
                services: stage.services.map {
                    Service(name: $0.name, runs: $0.skipped == nil, reason: $0.skipped)
                },
                steps: stage.steps.map { step in
                    Step(
                        name: step.name, kind: step.kind, runs: step.skipped == nil, reason: step.skipped,
                        dependsOn: step.dependsOn, job: step.job)
                })
        }
    }
}
