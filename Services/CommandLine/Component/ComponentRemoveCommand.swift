import ArgumentParser
import Contracts

struct ComponentRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a component.",
        discussion: "One that repositories are associated with is not removed: `slipway repo associate --remove` first."
    )

    @Argument(help: "The component's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.component, [name])
            try connection.write(["removed": name], "Removed the component \(name)")
        }
    }
}
