import ArgumentParser
import Contracts

struct EnvironmentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the environments.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let environments: [EnvironmentView] = try await client.all(.environments)
            try connection.write(
                environments,
                [
                    .init("ENVIRONMENT"), .init("ON"), .init("COVERS", shrinks: true), .init("FOR", shrinks: true),
                    .init("CHANGED", alignsRight: true),
                ],
                none: "No environments, so nothing is rolled out; see slipway environment add --help"
            ) { environment in
                let rules = environment.rules
                return [
                    .init(environment.name, .strong), .init(rules.allClusters.joined(separator: ", ")),
                    .init(rules.allTargets.joined(separator: ", ")),
                    .init(rules.allRepositories.joined(separator: ", ")),
                    .init("\(TimeText.ago(environment.updatedAt, now: .now)) by \(environment.updatedBy)", .faint),
                ]
            }
        }
    }
}
