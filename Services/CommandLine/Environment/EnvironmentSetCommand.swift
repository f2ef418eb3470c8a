import ArgumentParser
import Contracts

struct EnvironmentSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change the rules of an environment.",
        discussion: """
            What is given takes the place of what there was of its kind; the rest stays. An empty text leaves a list \
            empty.

              slipway environment set production --repo shop/web --repo shop/api
              slipway environment set production --branch main --tag 'v*'
              slipway environment set production --event ''
            """)

    @Argument(help: "The environment's name.")
    var name: String

    @OptionGroup var options: EnvironmentOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let known: EnvironmentView = try await client.get(.environment, [name])
            let rules = try options.applied(to: known.rules)
            let view: EnvironmentView = try await client.put(.environment, [name], body: rules)
            try EnvironmentShowCommand.write(view, json: connection.json)
        }
    }
}
