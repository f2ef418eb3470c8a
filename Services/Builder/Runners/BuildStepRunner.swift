import Contracts
import DockerEngine
import Logging
import Worker

/// A kind of step of a builder; `StepRunner` tells what is called in which order.
protocol BuildStepRunner: StepRunner {
    /// For one attempt of a job. It makes nothing yet: most jobs have no step of most kinds.
    init(_ job: BuildJob)

    /// Ends and removes what steps of this kind left behind when an earlier life of this builder ended. Called before the
    /// first job. Never throws; what cannot be removed is logged.
    /// - Returns: whether nothing of it goes on any more.
    static func collectLeftovers(_ tools: BuildTools) async -> Bool
}

extension BuildStepRunner {
    static func collectLeftovers(_ tools: BuildTools) async -> Bool { true }
}

/// What a builder has to run steps with.
struct BuildTools: Sendable {
    /// `nil` where this builder runs no processes.
    let processes: StepProcesses?
    /// `nil` where this builder has no Docker Engine.
    let docker: DockerHost?
    let registry: RegistryClient
    let events: WorkerEvents
    let logger: Logger
}

/// An attempt of a job: what its steps share.
struct BuildJob: Sendable {
    let job: GrantedJob
    let folder: JobFolder
    let tools: BuildTools
    /// Whom its processes run as.
    let user: JobUser
    /// `nil` where this builder has no Docker Engine.
    let containers: JobContainers?

    init(_ job: GrantedJob, folder: JobFolder, tools: BuildTools) {
        self.job = job
        self.folder = folder
        self.tools = tools
        user = JobUser(tools.processes?.users)
        containers = tools.docker.map { JobContainers(host: $0, job: job, folder: folder, logger: tools.logger) }
    }

    /// - Parameter reason: why a step needs them.
    /// - Throws: `JobFailure` with the remedy where there is no engine.
    func containers(because reason: String) throws(JobFailure) -> JobContainers {
        guard let containers else {
            throw JobFailure(
                "the step needs a Docker Engine (\(reason)) and this builder uses none; start one with "
                    + "SLIPWAY_RUNNERS=docker")
        }
        return containers
    }
}
