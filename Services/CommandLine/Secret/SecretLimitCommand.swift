import ArgumentParser
import Contracts

struct SecretLimitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Say which jobs get a secret, and keep its value.",
        discussion: """
            What is given takes the place of what there was of its kind; the rest stays. An empty text leaves a list \
            empty.

              slipway secret limit DEPLOY_KEY --repo shop/web --branch main
              slipway secret limit NPM_TOKEN --environment ''
            """)

    @Argument(help: "The secret's name.")
    var name: String

    @OptionGroup var scope: SecretScope
    @OptionGroup var options: SecretOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if options.isEmpty { throw ValidationError("Give what it is for, such as --branch main.") }
    }

    func run() async throws {
        let secret = try scope.secret(name)
        try await connection.withPlatform { client in
            let rules = try await options.applied(to: name, of: scope, at: client)
            let saved: SecretView = try await client.put(secret.path, secret.values, body: SecretRequest(rules: rules))
            try Self.write(saved, "Limited the secret", json: connection.json)
        }
    }

    static func write(_ secret: SecretView, _ done: String, json: Bool) throws {
        let console = Console.current
        if json { return try console.write(json: secret) }
        let rules = (secret.rules ?? SecretRules()).summary
        console.write(line: "\(done) \(secret.name) of \(secret.owner), for \(rules)")
    }
}
