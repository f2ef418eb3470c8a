/// Cuts the steps of a stage into jobs.
///
/// A rollout is a job of its own, because a deployer does it. Build steps share a workspace and so a job, except that
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

    init(stage: Stage, order: [Int], dependencies: [[Int]], isKept: [Bool]) {
        let steps = stage.steps
        jobOfStep = [Int?](repeating: nil, count: steps.count)
        var level = [Int](repeating: 0, count: steps.count)
        for number in order where isKept[number] {
            for dependency in dependencies[number] {
                let goesBack = steps[dependency].isRollout && !steps[number].isRollout
                level[number] = max(level[number], level[dependency] + (goesBack ? 1 : 0))
            }
        }
        // Numbered in the order of the file, so that people read them in the order they run.
        var jobOfLevel: [Int: Int] = [:]
        for number in steps.indices where isKept[number] {
            if !steps[number].isRollout, let job = jobOfLevel[level[number]] {
                jobs[job].steps.append(number)
                jobOfStep[number] = job
                continue
            }
            if !steps[number].isRollout { jobOfLevel[level[number]] = jobs.count }
            jobOfStep[number] = jobs.count
            jobs.append(Job(isRollout: steps[number].isRollout, steps: [number], after: []))
        }
        for job in jobs.indices {
            var seen = Set<Int>()
            for number in jobs[job].steps {
                for dependency in dependencies[number] where jobOfStep[dependency] != job {
                    if seen.insert(dependency).inserted { jobs[job].after.append(dependency) }
                }
            }
        }
    }
}
