import ArgumentParser
import Contracts
import FoundationEssentials
import PipelineLanguage

struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Print the JSON a pipeline file stands for.",
        discussion: """
            Reads a pipeline file (YAML in Drone's format or Slipway's, or JSON) and prints the process it compiles \
            to. The JSON is what runs; it can be changed, kept as a component and run again anywhere. Needs no \
            platform.

              slipway compile .drone.yml                     the process
              slipway compile .drone.yml --digest            its content address
              slipway compile .slipway.yml --event tag       only what runs for a tag
              slipway compile web.yml --param region=eu      parameters put in
              cat web.json | slipway compile -               from standard input

            Exit codes: 0 it compiles, 1 it has errors, 2 the command line is wrong.
            """)

    @Argument(help: ArgumentHelp("The pipeline file; - reads standard input.", valueName: "file"))
    var file: String

    @OptionGroup(title: "What happened") var happened: FactOptions

    @Option(
        name: .customLong("component"),
        help: ArgumentHelp("A file with a component that templates may load; repeat it.", valueName: "file"))
    var components: [String] = []

    @Flag(help: "Print the content address (sha256:…) instead.")
    var digest = false

    @Flag(help: "Print the canonical JSON on one line.")
    var canonical = false

    @Flag(help: "Print errors and warnings as JSON, too.")
    var json = false

    func run() throws {
        let console = Console.current
        switch try PipelineSource(path: file).compile(components: components) {
        case .failure(let list):
            if json { try console.write(json: list.diagnostics) } else { tell(list.diagnostics) }
            throw ExitCode(1)
        case .success(let compilation):
            tell(compilation.warnings)
            let process = try narrowed(compilation.process)
            if digest {
                console.write(line: try process.digest())
            } else if canonical {
                console.write(bytes: Array(try process.canonicalJSON()) + [UInt8(ascii: "\n")])
            } else {
                try console.write(json: process)
            }
        }
    }

    private func tell(_ diagnostics: [Diagnostic]) {
        DiagnosticText.remark(diagnostics, style: Console.errors)
        if let count = DiagnosticText.count(diagnostics) { Console.remark(count) }
    }

    /// The process with its parameters put in and, if anything is said of what happened, without what takes no part.
    private func narrowed(_ process: PipelineLanguage.Process) throws -> PipelineLanguage.Process {
        var process = process
        if !happened.values.isEmpty {
            let scope = Scope(parameters: try happened.checkedValues(for: process), isPartial: true)
            process = try happened.resolved(process, in: scope, settles: false)
        }
        guard happened.isGiven else { return process }
        let plan = try happened.plan(process)
        process.stages = plan.stages.enumerated().compactMap { number, planned in
            guard planned.skipped == nil else { return nil }
            var stage = plan.stageToRun(number)
            let isGraph = stage.steps.contains { $0.dependsOn != nil }
            stage.dependsOn = planned.dependsOn
            stage.steps = zip(stage.steps, planned.steps).compactMap { step, planned in
                guard planned.skipped == nil else { return nil }
                var step = step
                if isGraph { step.dependsOn = planned.dependsOn }
                return step
            }
            return stage
        }
        return process
    }
}

extension Console {
    /// How diagnostics on standard error look.
    static var errors: Style { current.style }
}
