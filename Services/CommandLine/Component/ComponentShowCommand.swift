import ArgumentParser
import Contracts

struct ComponentShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a component's document.",
        discussion: """
            The document is printed as JSON that `slipway component put` takes again; --json adds revision, digest \
            and the associated repositories.
            """)

    @Argument(help: "The component's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let view: ComponentView = try await client.get(.component, [name])
            if connection.json {
                try Console.current.write(json: view)
            } else {
                try Console.current.write(json: view.document)
            }
        }
    }
}
