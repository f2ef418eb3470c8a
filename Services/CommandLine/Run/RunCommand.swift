import ArgumentParser
import Contracts
import FoundationEssentials

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Start a run by hand.",
        discussion: """
            The run is the one that a push of --ref makes: conditions see the event tag for a tag, else push, and the \
            branch where it is one; a commit is on no branch. --event says what it is to be taken for instead. A text \
            in the commit's message that asks for no run does not count, and conditions on paths hold.

            Without --component and --file the process is chosen as for a push: the repository's own file if its \
            association allows, else the component associated with it.

              slipway run shop/web                   what a push to the default branch does
              slipway run shop/web --ref v1.4.0      a push of this tag (branch, commit)
              slipway run shop/web --event custom    a run that no push makes
              slipway run shop/web --event cron --cron nightly
              slipway run shop/web --event promote --target production --ref v1.4.0
              slipway run shop/web --component web   this component instead
              slipway run shop/web --file try.yml    this pipeline, not saved
              slipway run shop/web --param n=3 -f    with a parameter; watch it

            With --follow the exit code is the run's: 0 for success, 1 for anything else. Ctrl-C stops the watching, \
            not the run.
            """)

    @Argument(help: ArgumentHelp("The repository, such as shop/web.", valueName: "repo"))
    var repository: String

    @Option(
        help: """
            A branch, a tag, a commit or the beginning of one; the default branch if absent. Where a branch and a tag \
            have the same name, say refs/heads/NAME or refs/tags/NAME. HEAD is where the server's is.
            """)
    var ref: String?

    @Option(
        help: ArgumentHelp(
            "push, tag, custom, cron, promote or rollback; if absent, tag for a tag, else push.", valueName: "event"))
    var event: Event?

    @Option(help: ArgumentHelp("The environment of --event promote or rollback.", valueName: "environment"))
    var target: String?

    @Option(help: ArgumentHelp("The schedule's name, of --event cron.", valueName: "name"))
    var cron: String?

    @Option(help: "The component to run.")
    var component: String?

    @Option(
        help: ArgumentHelp(
            "A file with the pipeline, as JSON or YAML; - reads standard input.", valueName: "path"))
    var file: String?

    @Option(name: .customLong("param"), help: ArgumentHelp("A parameter's value; repeat it.", valueName: "name=value"))
    var parameters: [String] = []

    @Flag(name: [.short, .long], help: "Show the run live until it ends.")
    var follow = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if component != nil, file != nil {
            throw ValidationError("--component and --file both name the process; give one of them.")
        }
        _ = try ParameterOptions.values(parameters)
    }

    func run() async throws {
        let request = RunRequest(
            repository: try repositoryPath(repository), ref: ref, event: event, target: target, cron: cron,
            component: component, document: try file.map(DocumentFile.read),
            parameters: parameters.isEmpty ? nil : try ParameterOptions.values(parameters))
        try await connection.withPlatform { client in
            let started: RunView = try await client.post(.runs, body: request)
            try await Self.tell(started, follow: follow, json: connection.json, client: client)
        }
    }

    /// Names a run that was just started, or follows it to its end.
    static func tell(_ view: RunView, follow: Bool, json: Bool, client: APIClient) async throws {
        let console = Console.current
        if follow {
            let screen = RunFollower.screen(json: json, console: console)
            let ended = try await RunFollower(client: client, run: view.summary.id, screen: screen).follow()
            if ended.summary.state != .success { throw ExitCode(1) }
        } else if json {
            try console.write(json: view)
        } else {
            let run = view.summary
            console.write(line: "\(run.repository)#\(run.number)  \(run.id)")
            if console.isTerminal {
                Console.remark(console.style.paint("watch it: slipway logs -f \(run.repository)#\(run.number)", .faint))
            }
        }
    }
}
