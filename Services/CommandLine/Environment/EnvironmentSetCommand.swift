import ArgumentParser
import Contracts

struct EnvironmentSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change the rules of an environment.",
        discussion: """
            What is given takes the place of what there was of its kind; the rest stays. An empty text leaves a list \
            empty. Where several repositories share an environment, each may use what it allows; with --for one has \
            its own refs, targets and allowances in their place, and no other has those.

              slipway environment set production --repo shop/web --repo shop/api
              slipway environment set production --branch main --tag 'v*'
              slipway environment set production --event ''
              slipway environment set production --for shop/api --branch main \\
                --container api --volume api-data
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
