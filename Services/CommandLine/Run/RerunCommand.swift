import ArgumentParser
import Contracts

struct RerunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun",
        abstract: "Run an earlier run again: same commit, event and process.",
        discussion: """
              slipway rerun shop/web#12 -f
            """,
        aliases: ["again"])

    @Argument(help: ArgumentHelp("shop/web#12, an id or the beginning of one, shop/web, or latest.", valueName: "run"))
    var runName: String

    @Flag(name: [.short, .long], help: "Show the new run live until it ends.")
    var follow = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let reference = try RunReference(runName)
        try await connection.withPlatform { client in
            let id = try await client.resolve(reference)
            let view: RunView = try await client.post(.rerun, [id.rawValue])
            try await RunCommand.tell(view, follow: follow, json: connection.json, client: client)
        }
    }
}
