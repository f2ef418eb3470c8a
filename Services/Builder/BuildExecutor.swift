import Contracts
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
    let tools: BuildTools

    func collectLeftovers() async {
        for runner in BuildStepRunners.all { await runner.collectLeftovers(tools) }
        do {
            try FileTree.remove(jobs)
            try FileTree.make(jobs)
        } catch {
            tools.logger.warning("the folders of earlier jobs could not be removed", metadata: ["error": "\(error)"])
        }
        caches?.trim()
    }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        let folder = JobFolder(below: jobs, job: job.grant.job, attempt: job.grant.attempt)
        try folder.make()
        let build = BuildJob(job, folder: folder, tools: tools)
        let runners = StepRunners(BuildStepRunners.all.map { $0.init(build) }, events: tools.events)
        let result: Result<Void, any Error>
        do {
            if !job.stage.clone.disable, let source = job.grant.source {
                try await SourceCheckout(git: git, caches: caches, parts: parts, waits: run.waits).run(
                    job, source, into: folder.workspace)
                run.waits(nil)
            }
            await run.steps(runners)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // A separate task: this has to be done after a cancellation too.
        await Task {
            await runners.cleanUp()
            await cleanUp(build)
        }.value
        try result.get()
    }

    private func cleanUp(_ build: BuildJob) async {
        do {
            try await remove(build.folder, await build.containers?.isUsed == true ? build.containers : nil)
        } catch {
            tools.logger.warning("a job's folder could not be removed", metadata: ["error": "\(error)"])
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
