import Contracts
import FoundationEssentials
import PipelineLanguage

/// A way into the library for input from outside.
enum Target: String {
    case yaml, json, substitution, glob

    func feed(_ input: [UInt8]) {
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
        do throws(DiagnosticList) {
            let process = try Compiler.compile(bytes: input, path: path).process
            run(process)
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

    private func run(_ process: PipelineLanguage.Process) {
        let facts = Facts(
            event: .push, branch: "main", ref: "refs/heads/main", repository: "a/b", changedPaths: ["a/b.c"])
        let plan = Plan(process, facts: facts)
        var planner = Planner(plan: plan)
        var queue = planner.start()
        var turns = 0
        while let action = queue.popLast() {
            turns += 1
            guard case .startJob(let key) = action, let job = plan.stage(key.stage)?.jobs[key.index] else { continue }
            let reports = job.steps.enumerated().map { index, step in
                StepReport(step: step, outcome: (turns + index) % 7 == 0 ? .failure : .success)
            }
            queue += planner.jobFinished(key, outcome: .success, reports: reports)
        }
        guard planner.outcome != nil else { fail("the run does not end") }
    }

    private func substitute(_ text: String) {
        // The first line is a value, the rest the text.
        let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let scope = Scope(
            environment: ["DRONE_BRANCH": String(parts[0]), "A": String(parts[0])], parameters: ["image": "x"],
            outputs: ["image": ["digest": "sha256:1"]])
        var partial = scope
        partial.isPartial = true
        for context in [Substitution.Context.text, .shell] {
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
        print(problem)
        File.abort()
    }
}
