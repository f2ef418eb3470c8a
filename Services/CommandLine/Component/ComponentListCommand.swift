import ArgumentParser
import Contracts

struct ComponentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the components.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let components: [ComponentView] = try await client.all(.components)
            try connection.write(
                components,
                [
                    .init("COMPONENT"), .init("REVISION", alignsRight: true), .init("REPOSITORIES", shrinks: true),
                    .init("CHANGED", alignsRight: true),
                ],
                none: "No components; save one: slipway component put web web.json"
            ) { component in
                [
                    .init(component.name, .strong), .init("\(component.revision)"),
                    .init(component.repositories.map(\.rawValue).joined(separator: ", ")),
                    .init(
                        TimeText.ago(component.updatedAt, now: .now)
                            + (component.savedBy.map { " by \($0.account)" } ?? ""), .faint),
                ]
            }
        }
    }
}
