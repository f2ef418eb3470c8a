import Contracts
import FoundationEssentials
import PipelineLanguage

/// A way into the library for input from outside.
enum Target: String {
    case yaml, json, substitution, glob

    /// Feeds an input and ends the program if that takes more than an input of its size may.
    func feed(_ input: [UInt8]) {
        let start = File.processorTime
        process(input)
        let elapsed = File.processorTime - start
        // Some 20 MB/s is what the slowest part does, with the fuzzer's own work; the rest is for a cold start.
        let allowed = 0.3 + Double(input.count) * 5e-6
        if elapsed > allowed { fail("\(rawValue): \(input.count) bytes take \(elapsed) s of a processor") }
    }

    private func process(_ input: [UInt8]) {
        switch self {
        case .yaml: compile(input, path: "fuzz.yml")
        case .json:
            compile(input, path: "fuzz.json")
            decode(input)
        case .substitution: substitute(String(decoding: input, as: UTF8.self))
        case .glob: match(String(decoding: input, as: UTF8.self))
        }
    }

    private func compile(_ input: [UInt8], path: String) {
        _ = Compiler.componentNames(source: String(decoding: input, as: UTF8.self), path: path)
        do throws(DiagnosticList) {
            let process = try Compiler.compile(bytes: input, path: path).process
            run(process)
            resolve(process)
            let json = try Self.json(of: process)
            let again = try Compiler.compile(json: json)
            guard again == process else { fail("\(path): the compiled form compiles to something else") }
        } catch {
            // Whatever is wrong can be shown.
            _ = error.description
        }
    }

    private static func json(of process: PipelineLanguage.Process) throws(DiagnosticList) -> String {
        do {
            return String(decoding: try process.canonicalJSON(), as: UTF8.self)
        } catch {
            throw DiagnosticList([])
        }
    }

    /// JSON that no compiler has seen goes into the planner as well.
    private func decode(_ input: [UInt8]) {
        do {
            run(try Wire.decode(PipelineLanguage.Process.self, from: Data(input)))
        } catch {
            _ = "\(error)"
        }
    }

    /// A whole run: every job is done by the schedule of its steps, as a worker does it.
    private func run(_ process: PipelineLanguage.Process) {
        let facts = Facts(
            event: .push, branch: "main", ref: "refs/heads/main", repository: "a/b", changedPaths: ["a/b.c"])
        let plan = Plan(process, facts: facts)
        var planner = Planner(plan: plan)
        var queue = planner.start()
        var turns = 0
        while let action = queue.popLast() {
            turns += 1
            guard case .startJob(let key) = action, let job = plan.stage(key.stage)?.jobs[key.index],
                let stage = process.stage(key.stage)
            else { continue }
            _ = planner.jobStarted(key)
            let (outcome, reports) = work(job, of: stage, turns)
            queue += planner.jobFinished(key, outcome: outcome, reports: reports)
        }
        guard planner.outcome != nil else { fail("the run does not end") }
    }

    private func work(
        _ job: PlannedJob, of stage: PipelineLanguage.Stage, _ seed: Int
    ) -> (JobFinished.Outcome, [StepReport]) {
        var schedule = StepSchedule(stage: stage, steps: job.steps)
        var queue = schedule.begin()
        var turns = 0
        while !queue.isEmpty {
            turns += 1
            switch queue.removeFirst() {
            case .start(let name, _, _):
                queue += schedule.ready(name)
                let fails = (seed + turns) % 7 == 0
                queue += schedule.finished(name, fails ? .failure : .success, exitCode: fails ? 1 : 0)
            case .finish(let outcome, _):
                return (outcome, schedule.outcomes.map { StepReport(step: $0.key, outcome: $0.value) })
            case .skip, .stop: break
            }
        }
        fail("the job \(job.key) does not end")
    }

    /// What the platform puts in its place, and then a worker.
    private func resolve(_ process: PipelineLanguage.Process) {
        let environment = ["DRONE_BRANCH": "feature/${x}", "CI": "true", "A": "*"]
        for stage in process.stages {
            do throws(SubstitutionError) {
                let resolved = try stage.resolved(in: Scope(environment: environment, isPartial: true))
                _ = try resolved.resolved(in: Scope(environment: environment))
            } catch {
                _ = error.description
            }
        }
    }

    private func substitute(_ text: String) {
        // The first line is a value, the rest the text.
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let scope = Scope(
            environment: ["DRONE_BRANCH": String(parts[0]), "A": String(parts[0])], parameters: ["image": "x"],
            outputs: ["image": ["digest": "sha256:1"]])
        var partial = scope
        partial.isPartial = true
        for context in [Substitution.Context.text, .shell, .code(of: "python")] {
            do throws(SubstitutionError) {
                let source = String(parts.last ?? "")
                _ = try Substitution.apply(to: source, in: scope, context: context)
                let between = try Substitution.apply(to: source, in: partial, context: context)
                _ = try Substitution.apply(to: between, in: scope, context: context)
            } catch {
                _ = error.description
            }
        }
    }

    private func match(_ text: String) {
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        do throws(GlobError) {
            _ = try Glob(String(parts[0])).matches(String(parts.last ?? ""))
        } catch {
            _ = error.description
        }
    }

    private func fail(_ problem: String) -> Never {
        File.complain(problem)
        File.abort()
    }
}
