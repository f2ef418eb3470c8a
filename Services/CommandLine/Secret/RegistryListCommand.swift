import ArgumentParser
import Contracts

struct RegistryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the registries with a login, and who uses it.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let logins: [RegistryView] = try await client.get(.registries)
            let console = Console.current
            if connection.json { return try console.write(json: logins) }
            if logins.isEmpty {
                return Console.remark("No logins; save one: slipway registry set HOST --user NAME")
            }
            var table = Table([.init("REGISTRY"), .init("USER"), .init("FOR")])
            for login in logins {
                let rules = (login.rules ?? RegistryRules()).summary(at: RegistryPlace(login.host))
                table.add(.init(login.host, .strong), .init(login.username), .init(rules))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
