import Contracts

extension RunVariable {
    /// Slipway's own.
    static let slipway: [RunVariable] = [
        run(.slipway, "SLIPWAY", "true") { _ in "true" },
        step(.slipway, "SLIPWAY_ATTEMPT", "counts from 1 how often the job was given to a worker") { "\($0.attempt)" },
        run(.slipway, "SLIPWAY_COMMIT_SHORT", "the first eight digits of the commit's id") { $0.commit?.short },
        step(.slipway, "SLIPWAY_JOB", "the id of the job that the step is part of") { $0.job },
        place(.slipway, "SLIPWAY_OUTPUT", "the file that takes what the step hands on"),
        place(.slipway, "SLIPWAY_PROCESS", "by which the worker knows the step's processes", "where no container is"),
        run(.slipway, "SLIPWAY_RUN_ID", "the run's id") { $0.run?.rawValue },
        step(.slipway, "SLIPWAY_STEP", "the step's name") { $0.step.name },
        run(.slipway, "SLIPWAY_URL", "the platform's address") { $0.instanceURL },
        place(.slipway, "SLIPWAY_WORKSPACE", "the folder of the source"),
    ]
}
