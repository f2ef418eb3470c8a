import ArgumentParser
import Contracts

struct RegistryLimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Say which jobs use a login, and keep its password.",
        discussion: """
            What is given takes the place of what there was of its kind; the rest stays. An empty text leaves a list \
            empty.

              slipway registry limit harbor.example --pull
              slipway registry limit harbor.example --path shop --repo 'shop/*'
            """)

    @OptionGroup var registry: RegistryArgument
    @OptionGroup var options: RegistryOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if options.isEmpty { throw ValidationError("Give what it is for, such as --repo shop/web.") }
    }

    func run() async throws {
        let place = try registry.place()
        try await connection.withPlatform { client in
            let rules = try await options.applied(to: place, at: client)
            let saved: RegistryView = try await client.put(
                .registry, [place.description], body: RegistryRequest(rules: rules))
            try Self.write(saved, "Limited the login to", json: connection.json)
        }
    }

    static func write(_ login: RegistryView, _ done: String, json: Bool) throws {
        let console = Console.current
        if json { return try console.write(json: login) }
        let rules = (login.rules ?? RegistryRules()).summary(at: RegistryPlace(login.host))
        console.write(line: "\(done) \(login.host) as \(login.username), for \(rules)")
    }
}
