import ArgumentParser
import Contracts

struct ComponentListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the components.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let components: [ComponentView] = try await client.all(.components)
            let console = Console.current
            if connection.json { return try console.write(json: components) }
            if components.isEmpty {
                return Console.remark("No components; save one: slipway component put web web.json")
            }
            var table = Table([
                .init("COMPONENT"), .init("REVISION", alignsRight: true), .init("REPOSITORIES", shrinks: true),
                .init("CHANGED", alignsRight: true),
            ])
            for component in components {
                table.add(
                    .init(component.name, .strong), .init("\(component.revision)"),
                    .init(component.repositories.map(\.rawValue).joined(separator: ", ")),
                    .init(
                        TimeText.ago(component.updatedAt, now: .now)
                            + (component.savedBy.map { " by \($0.account)" } ?? ""), .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
