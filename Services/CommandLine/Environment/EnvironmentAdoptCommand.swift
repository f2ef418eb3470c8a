import ArgumentParser
import Contracts

struct EnvironmentAdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Give a workload or a container to a repository.",
        discussion: """
            What a rollout changed belongs to its repository, and another one's rollout is refused. This gives it to \
            another one, and lets a rollout take a container that Slipway did not make, or a workload that several \
            repositories may roll out to.

              slipway environment adopt production --repo shop/web \\
                --namespace shop --workload deployment/web
              slipway environment adopt demo --container web --repo shop/web
            """)

    @Argument(help: "The environment that covers it.")
    var name: String

    @Option(help: ArgumentHelp("The repository it is for from now on.", valueName: "repo"))
    var repo: String

    @Option(help: ArgumentHelp("Such as deployment/web.", valueName: "workload"))
    var workload: String?

    @Option(help: ArgumentHelp("The one of the cluster's configuration if absent.", valueName: "name"))
    var namespace: String?

    @Option(help: ArgumentHelp("The name of a container on a Docker host.", valueName: "name"))
    var container: String?

    @Option(help: ArgumentHelp("The environment's only one if absent, or default.", valueName: "name"))
    var cluster: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = AdoptionRequest(
            repository: try repositoryPath(repo), cluster: cluster, namespace: namespace, workload: workload,
            container: container)
        try await connection.withPlatform { client in
            let adoption: AdoptionView = try await client.post(.adopt, [name], body: request)
            let console = Console.current
            if connection.json { return try console.write(json: adoption) }
            console.write(line: "\(adoption.workload) belongs to \(adoption.repository) from its next rollout on")
        }
    }
}
