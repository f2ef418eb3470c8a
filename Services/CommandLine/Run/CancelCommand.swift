import ArgumentParser
import Contracts

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a run: nothing more of it starts, what runs is stopped.",
        discussion: """
            A rollout that has begun is left to the cluster; the run says what it was doing when it was cancelled.

              slipway cancel shop/web#12
            """)

    @Argument(help: ArgumentHelp("shop/web#12, an id or the beginning of one.", valueName: "run"))
    var runName: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let reference = try RunReference(runName)
        try await connection.withPlatform { client in
            let id = try await client.resolve(reference)
            let view: RunView = try await client.post(.cancelRun, [id.rawValue])
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(line: RunText.headline(view.summary, style: console.style, now: .now))
        }
    }
}
