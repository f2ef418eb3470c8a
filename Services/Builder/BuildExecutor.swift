import Contracts
import Git
import Logging
import PipelineLanguage
import SystemPackage
import Threading
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
    /// `nil` is without limit.
    let disk: DiskLimit?

    func collectLeftovers() async -> Bool {
        let isOver = await Self.within(Self.cleanUpTime) {
            var isOver = true
            for runner in BuildStepRunners.all where await !runner.collectLeftovers(tools) { isOver = false }
            do {
                try await remove(jobs)
            } catch {
                tools.logger.warning(
                    "the folders of earlier jobs could not be removed", metadata: ["error": "\(error)"])
            }
            return isOver
        }
        if isOver == nil { tools.logger.error("cleaning up took too long; the rest goes at the next start") }
        do {
            try FileTree.make(jobs)
            // A removal that was given up has closed it.
            if tools.processes?.users != nil { try FileTree.makeTraversable(jobs) }
        } catch {
            tools.logger.error("the folder of jobs could not be made", metadata: ["error": "\(error)"])
        }
        await trim()
        return isOver ?? false
    }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        let folder = try JobFolder(
            below: jobs, job: job.grant.job, attempt: job.grant.attempt, stage: job.stage)
        try await folder.make()
        let build = BuildJob(job, folder: folder, tools: tools)
        await tools.docker?.shelf.began(job.grant.job, of: job.grant.repository)
        let runners = StepRunners(BuildStepRunners.all.map { $0.init(build) }, events: tools.events)
        let watch = disk.map { limit in
            let watch = DiskWatch(
                limit: limit, folder: folder, user: build.user, containers: build.containers, logger: tools.logger)
            return Task { if let reason = await watch.exceeded() { run.exceeded(reason) } }
        }
        let result: Result<Void, any Error>
        do {
            // Beside the checkout.
            async let _ = ImagePull.lookAhead(build)
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
        watch?.cancel()
        // A separate task: this has to be done after a cancellation too.
        await Task {
            let isClean: Void? = await Self.within(Self.cleanUpTime) {
                let end = ContinuousClock.now.advanced(by: Self.cleanUpTime)
                await runners.cleanUp()
                await cleanUp(build, until: end)
            }
            if isClean == nil { tools.logger.error("cleaning up took too long; the rest goes at the next start") }
        }.value
        try result.get()
    }

    /// How long cleaning up after a job may take.
    static let cleanUpTime = Duration.seconds(300)
    /// How long of that may pass with what its processes left outside of its folder.
    static let userCleanUpTime = cleanUpTime / 2

    /// Cancels the work when its time is over.
    /// - Returns: what came of it; `nil` where it was not done by then.
    private static func within<Value: Sendable>(
        _ time: Duration, _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask {
                let value = await work()
                return Task.isCancelled ? nil : value
            }
            group.addTask {
                do {
                    try await Task.sleep(for: time)
                } catch {
                    // The work was done before.
                }
                return nil
            }
            let value = await group.next() ?? nil
            group.cancelAll()
            return value
        }
    }

    private func cleanUp(_ build: BuildJob, until end: ContinuousClock.Instant) async {
        do {
            try await remove(build.folder.path, within: ContinuousClock.now.duration(to: end))
        } catch {
            tools.logger.warning("a job's folder could not be removed", metadata: ["error": "\(error)"])
        }
        // Now, so that no step waits for it.
        await trim()
        guard let docker = tools.docker, let layers = build.containers?.images.layers else { return }
        await docker.shelf.ended(build.job.grant.job)
        // Beside the jobs: the engine takes its time to say how much there is, and nobody waits for it.
        Task { await docker.tidyImages(of: build.job.grant.repository, layers) }
    }

    private func trim() async {
        guard let caches else { return }
        await OwnThread.run("trim") { caches.trim() }
    }

    private func remove(_ folder: FilePath, within time: Duration = cleanUpTime) async throws {
        guard let docker = tools.docker else { return try await FileTree.remove(folder, within: time) }
        try await docker.remove(folder, patience: time)
    }
}
