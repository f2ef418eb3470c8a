import Contracts
import Glibc
import PipelineLanguage

extension GrantedJob {
    /// The variables that the platform and the worker set for a step: those of the run, those of the moment it starts,
    /// and where it finds the source.
    func environment(of run: StepRun) -> [String: String] {
        let moment = StepMoment(
            stage: stage, step: run.step, job: grant.job.rawValue, attempt: grant.attempt, outcomes: run.outcomes,
            otherFailedStages: grant.failedStages ?? [], machine: Host.name, now: run.startedAt)
        var environment = grant.environment
        environment.merge(moment.environment) { _, now in now }
        environment.merge(run.workspace?.environment ?? [:]) { _, place in place }
        return environment
    }
}

extension StepRun {
    /// All variables of a step that is resolved, whatever runs it: those the platform and the worker set, then those of
    /// its pipeline and its own, then its settings, the later winning. Where the source is and where outputs go is not
    /// for the step to say.
    /// - Parameter output: The file that takes what the step hands on, as the step sees it.
    /// - Throws: ``JobFailure`` that names a secret which is not there, or a variable that no process can have.
    public func environment(output: String) throws(JobFailure) -> [String: String] {
        var environment = job.environment(of: self)
        if job.limitsImages(of: step) {
            // The axes of a matrix are the pipeline's, as `environment` is.
            for axis in job.stage.matrix.keys { environment[axis] = nil }
        }
        for (name, value) in step.environment { environment[name] = try resolve(value) }
        for (name, value) in step.pluginEnvironment { environment[name] = try resolve(value) }
        environment.merge(workspace?.environment ?? [:]) { _, place in place }
        environment[StepOutputs.variable] = output
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) { try Self.check(name, value) }
        return environment
    }

    private static func check(_ name: String, _ value: String) throws(JobFailure) {
        guard !name.isEmpty, !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) else {
            throw JobFailure("“\(name)” is not a valid variable name: one has at least one character, and no “=”")
        }
        guard !value.utf8.contains(0) else {
            throw JobFailure(
                "the value of the variable “\(name)” has a NUL in it, which no variable holds; give it in base64")
        }
    }
}

/// The machine this worker runs on.
enum Host {
    /// Its name; empty where it has none.
    static let name: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
