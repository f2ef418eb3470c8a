import ArgumentParser
import Contracts

struct EnvironmentAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make an environment.",
        discussion: """
            It needs a repository and what it covers: workloads of a cluster, or containers of a Docker host. Of a \
            container's volumes, networks, ports, users, labels, aliases and log drivers nothing is allowed but what is \
            given.

              slipway environment add production --repo shop/web --branch main \\
                --namespace shop --workload deployment/web
              slipway environment add demo --repo shop/web --branch main --container web \\
                --network shop --port 127.0.0.1:0
            """)

    @Argument(help: "The environment's name.")
    var name: String

    @OptionGroup var options: EnvironmentOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let rules = try options.applied(to: EnvironmentRules())
        try await connection.withPlatform { client in
            let known: [EnvironmentView] = try await client.all(.environments)
            guard !known.contains(where: { $0.name == name }) else {
                throw CommandError(
                    "there is an environment “\(name)” already",
                    remedy: "change it with `slipway environment set \(name)`")
            }
            let view: EnvironmentView = try await client.put(.environment, [name], body: rules)
            try EnvironmentShowCommand.write(view, json: connection.json)
        }
    }
}
