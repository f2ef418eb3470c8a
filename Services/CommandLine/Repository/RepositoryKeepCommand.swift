import ArgumentParser
import Contracts

struct RepositoryKeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep",
        abstract: "Say how long a repository's ended runs are kept.",
        discussion: """
            What is not given is as the platform's settings say (SLIPWAY_KEEP_DAYS, SLIPWAY_KEEP_RUNS and \
            SLIPWAY_KEEP_LOGS of pipeline), whatever was given before. 0 is no limit. The last good run of a branch stays, and so \
            do the runs whose rollouts are the newest.

              slipway repo keep shop/web --days 30 --runs 500
              slipway repo keep shop/web --logs 2048
              slipway repo keep shop/web --default
            """)

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @Option(help: "For how many days a run is kept after its end.")
    var days: Int?

    @Option(help: "How many runs are kept.")
    var runs: Int?

    @Option(help: ArgumentHelp("How long the logs of all of them may be together.", valueName: "MiB"))
    var logs: Int?

    @Flag(name: .customLong("default"), help: "As the platform's settings say.")
    var isDefault = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if isDefault == (days != nil || runs != nil || logs != nil) {
            throw ValidationError("Give --days, --runs or --logs, or --default.")
        }
    }

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            let rules = RetentionRules(days: days, runs: runs, logMebibytes: logs)
            let view: RepositoryView = try await client.put(.repositoryRetention, [path.rawValue], body: rules)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            let kept = view.retention?.summary ?? "as the platform's settings say"
            console.write(line: "Runs of \(path) are kept: \(kept)")
            Console.remark(console.style.paint("what goes: slipway clean --dry-run", .faint))
        }
    }
}
