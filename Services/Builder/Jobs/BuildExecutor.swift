import Contracts
import DockerEngine
import Git
import Logging
import PipelineLanguage
import SystemPackage
import Worker

/// Does a builder's jobs: fetches the source, runs the steps, cleans up.
struct BuildExecutor: JobExecutor {
    /// The folder of all jobs' folders.
    let jobs: FilePath
    let git: GitProgram
    /// What earlier jobs fetched; `nil` where nothing is kept.
    let caches: SourceCaches?
    let parts: SourcePartsClient
    /// `nil` where this builder runs no processes.
    let processes: ProcessRunner?
    /// `nil` where this builder has no Docker Engine.
    let docker: DockerHost?
    let registry: RegistryClient
    let events: WorkerEvents
    let logger: Logger

    func collectLeftovers() async {
        await processes?.collectLeftovers()
        await docker?.collectLeftovers()
        do {
            try FileTree.remove(jobs)
            try FileTree.make(jobs)
        } catch {
            logger.warning("the folders of earlier jobs could not be removed", metadata: ["error": "\(error)"])
        }
        caches?.trim()
    }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        let folder = JobFolder(below: jobs, job: job.grant.job, attempt: job.grant.attempt)
        try folder.make()
        let containers = docker.map { JobContainers(host: $0, job: job, folder: folder, logger: logger) }
        let result: Result<Void, any Error>
        do {
            if !job.stage.clone.disable, let source = job.grant.source {
                try await SourceCheckout(git: git, caches: caches, parts: parts, waits: run.waits).run(
                    job, source, into: folder.workspace)
                run.waits(nil)
            }
            await run.steps(
                StepDispatch(
                    processes: processes.map { ProcessStep(processes: $0, folder: folder, containers: containers) },
                    containers: containers.map { ContainerStep(containers: $0) },
                    images: containers.map {
                        ImageBuildStep(containers: $0, registry: registry, events: events, folder: folder)
                    },
                    events: events, workspace: folder.workspace.string))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // A task of its own: this has to be done after a cancellation too.
        await Task { await cleanUp(job, folder, containers) }.value
        try result.get()
    }

    private func cleanUp(_ job: GrantedJob, _ folder: JobFolder, _ containers: JobContainers?) async {
        await processes?.collectLeftovers(job: job.grant.job.rawValue, attempt: job.grant.attempt)
        let usedContainers = await containers?.isUsed == true
        if usedContainers { await containers?.remove() }
        do {
            try await remove(folder, usedContainers ? containers : nil)
        } catch {
            logger.warning("a job's folder could not be removed", metadata: ["error": "\(error)"])
        }
        // Now, so that no step waits for it.
        caches?.trim()
    }

    private func remove(_ folder: JobFolder, _ containers: JobContainers?) async throws {
        do {
            try FileTree.remove(folder.path)
        } catch {
            guard let containers, error == .permissionDenied || error == .notPermitted else { throw error }
            // Users of the containers made files that this builder's own user may not remove.
            try await containers.removeFiles()
            try FileTree.remove(folder.path)
        }
    }
}
