import ArgumentParser
import PipelineLanguage

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show which steps would run, and why others not.",
        discussion: """
            Draws the stages, jobs and steps of a pipeline file for something that happened; a push to main if \
            nothing is said. Needs no platform.

              slipway plan .drone.yml
              slipway plan .drone.yml --branch feature/x --changed docs/a.md
              slipway plan .slipway.yml --event promote --target production
              slipway plan .slipway.yml --tag v1.4.0 --json

            Exit codes: 0 something would run, 1 nothing would or the file has errors, 2 the command line is wrong.
            """)

    @Argument(help: ArgumentHelp("The pipeline file; - reads standard input.", valueName: "file"))
    var file: String

    @OptionGroup(title: "What happened") var happened: FactOptions

    @Option(
        name: .customLong("component"),
        help: ArgumentHelp("A file with a component that templates may load; repeat it.", valueName: "file"))
    var components: [String] = []

    @Flag(help: "Print the plan as JSON.")
    var json = false

    func run() throws {
        let console = Console.current
        switch try PipelineSource(path: file).compile(components: components) {
        case .failure(let list):
            if json {
                try console.write(json: list.diagnostics)
            } else {
                DiagnosticText.remark(list.diagnostics, style: console.style)
            }
            throw ExitCode(1)
        case .success(let compilation):
            if !json { DiagnosticText.remark(compilation.warnings, style: console.style) }
            let plan = try happened.plan(compilation.process)
            if json {
                try console.write(json: PlanDocument(plan))
            } else {
                console.write(lines: PlanTree(plan: plan, style: console.style).lines)
            }
            if plan.isEmpty { throw ExitCode(1) }
        }
    }
}
