import ArgumentParser
import Contracts

struct RoleTakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take", abstract: "Take the role of an account or a group away.")

    @Argument(help: "An account, or @GROUP.")
    var holder: String

    @Option(help: ArgumentHelp("Where: as slipway role list shows it.", valueName: "scope"))
    var repo: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            for scope in repo {
                try await client.delete(.role, [holder, scope])
                try connection.write(
                    ["holder": holder, "scope": scope], "\(holder) has no role of \(scope) by itself any more")
            }
        }
    }
}
