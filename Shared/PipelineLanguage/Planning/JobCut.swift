/// Cuts the steps of a stage into jobs.
///
/// A rollout is a separate job, because a deployer does it. Build steps share a workspace and so a job, except that
/// a step behind a rollout cannot be in the job the rollout waits for: it starts a new one. So every step has a
/// level, the number of times the way to it went from a rollout back to a builder, and the build steps of one level
/// are a job.
struct JobCut {
    struct Job {
        var isRollout: Bool
        var steps: [Int]
        var after: [Int]
    }

    private(set) var jobs: [Job] = []
    /// By step, `nil` for one that does not take part.
    private(set) var jobOfStep: [Int?]
    /// The jobs by number, each after those it waits for.
    private(set) var order: [Int] = []

    init(stage: Stage, order: [Int], dependencies: [[Int]], isKept: [Bool]) {
        let steps = stage.steps
        let isRollout = steps.indices.map { steps[$0].isRollout }
        jobOfStep = [Int?](repeating: nil, count: steps.count)
        var level = [Int](repeating: 0, count: steps.count)
        for number in order where isKept[number] {
            for dependency in dependencies[number] {
                let goesBack = isRollout[dependency] && !isRollout[number]
                level[number] = max(level[number], level[dependency] + (goesBack ? 1 : 0))
            }
        }
        // Numbered in the order of the file, so that people read them in the order they run.
        var jobOfLevel: [Int: Int] = [:]
        for number in steps.indices where isKept[number] {
            if !isRollout[number], let job = jobOfLevel[level[number]] {
                jobs[job].steps.append(number)
                jobOfStep[number] = job
                continue
            }
            if !isRollout[number] { jobOfLevel[level[number]] = jobs.count }
            jobOfStep[number] = jobs.count
            jobs.append(Job(isRollout: isRollout[number], steps: [number], after: []))
        }
        var seenBy = [Int](repeating: -1, count: steps.count)
        for job in jobs.indices {
            for number in jobs[job].steps {
                for dependency in dependencies[number] where jobOfStep[dependency] != job && seenBy[dependency] != job {
                    seenBy[dependency] = job
                    jobs[job].after.append(dependency)
                }
            }
        }
        // A job waits for jobs of its level or a lower one and never for itself, so there is no cycle.
        let jobsBefore = jobs.map { job in job.after.compactMap { jobOfStep[$0] } }
        self.order = DependencyGraph(dependencies: jobsBefore).order
    }
}
