import ArgumentParser
import Contracts

struct SecretListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the names of secrets.",
        discussion: """
            Without --repo all of them: those of all repositories and those of each. With --repo those its steps may \
            name: its own, and those of all repositories where it has none of that name.
            """)

    @OptionGroup var scope: SecretScope
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let list = try scope.list()
        try await connection.withPlatform { client in
            let secrets: [SecretView] = try await client.all(list.path, list.values)
            let console = Console.current
            if connection.json { return try console.write(json: secrets) }
            if secrets.isEmpty {
                let scope = scope.repository.map { " --repo \($0)" } ?? ""
                return Console.remark("No secrets; save one: slipway secret set NAME\(scope) --file FILE")
            }
            var table = Table([.init("SECRET"), .init("OF"), .init("CHANGED", alignsRight: true)])
            for secret in secrets {
                table.add(
                    .init(secret.name, .strong), .init(secret.repository?.rawValue ?? "all repositories"),
                    .init(TimeText.ago(secret.updatedAt, now: .now), .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
