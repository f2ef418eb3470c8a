import ArgumentParser
import Contracts
import FoundationEssentials
import PipelineLanguage

struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Check pipeline files, all mistakes at once.",
        discussion: """
            For editors, pre-commit hooks and CI. Without a file it checks the one the platform would take: \
            .slipway.yml, .slipway.json or .drone.yml here. Needs no platform.

              slipway lint
              slipway lint .drone.yml deploy/*.yml
              slipway lint --strict .drone.yml        warnings count as errors
              slipway lint --json - < .drone.yml      for an editor

            Exit codes: 0 all are fine (there may be warnings), 1 something is wrong, 2 the command line is wrong.
            """)

    @Argument(help: ArgumentHelp("Pipeline files; - reads standard input.", valueName: "file"))
    var files: [String] = []

    @Option(
        name: .customLong("component"),
        help: ArgumentHelp("A file with a component that templates may load; repeat it.", valueName: "file"))
    var components: [String] = []

    @Flag(help: "Let warnings count as errors.")
    var strict = false

    @Flag(help: "Print the diagnostics as JSON.")
    var json = false

    func run() throws {
        let console = Console.current
        var diagnostics: [Diagnostic] = []
        let paths = files.isEmpty ? try [Self.standardFile()] : files
        for path in paths {
            switch try PipelineSource(path: path).compile(components: components) {
            case .success(let compilation): diagnostics += compilation.warnings
            case .failure(let list): diagnostics += list.diagnostics
            }
        }
        if json {
            try console.write(json: diagnostics)
        } else {
            for diagnostic in diagnostics {
                console.write(lines: DiagnosticText.lines(diagnostic, style: console.style))
            }
            let checked = paths.count == 1 ? paths[0] : "\(paths.count) files"
            Console.remark("\(checked): \(DiagnosticText.count(diagnostics) ?? "nothing to complain about")")
        }
        let isWrong = diagnostics.contains { strict || $0.severity == .error }
        if isWrong { throw ExitCode(1) }
    }

    private static func standardFile() throws -> String {
        let names = PipelineFileNames.read
        if let name = names.first(where: { FileManager.default.fileExists(atPath: $0) }) { return name }
        throw missing { FileManager.default.fileExists(atPath: $0) }
    }

    /// There is no pipeline file here, but maybe one that is nearly called so, or another system's.
    static func missing(where exists: (String) -> Bool) -> CommandError {
        let found = PipelineFileNames.sought.first { exists($0) && PipelineFileNames.advice(on: $0) != nil }
        let other = found.flatMap { name in
            PipelineFileNames.advice(on: name).map {
                "a push does not read \(name): \($0), or name the file: slipway lint \(name)"
            }
        }
        return CommandError(
            "there is no .slipway.yml, .slipway.json or .drone.yml here",
            remedy: other ?? "name a file: slipway lint FILE",
            isUsage: true)
    }
}
