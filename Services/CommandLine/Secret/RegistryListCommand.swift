import ArgumentParser
import Contracts

struct RegistryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the registries with a login, and who uses it.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let logins: [RegistryView] = try await client.get(.registries)
            try connection.write(
                logins, [.init("REGISTRY"), .init("USER"), .init("FOR")],
                none: "No logins; save one: slipway registry set HOST --user NAME"
            ) { login in
                let rules = (login.rules ?? RegistryRules()).summary(at: RegistryPlace(login.host))
                return [.init(login.host, .strong), .init(login.username), .init(rules)]
            }
        }
    }
}
