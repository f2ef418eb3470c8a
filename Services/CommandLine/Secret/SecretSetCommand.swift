import ArgumentParser
import Contracts

struct SecretSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Save a secret, or change it.",
        discussion: """
            The value is read from a file, else from standard input; at a terminal it is asked for and not shown. It \
            is taken whole: only one line break at its end is dropped, of Unix (LF) or of Windows (CR LF).

              slipway secret set NPM_TOKEN --file token
              slipway secret set DEPLOY_KEY --repo shop/web < key.pem
            """)

    @Argument(help: "The secret's name.")
    var name: String

    @Option(help: ArgumentHelp("A file with the value; standard input if absent.", valueName: "path"))
    var file: String?

    @OptionGroup var scope: SecretScope
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let secret = try scope.secret(name)
        let source = file ?? "standard input"
        let bytes = try file.map { try InputFile.read($0) } ?? StandardInput.readSecret("The value of \(name)")
        let value = try SecretFile.text(bytes, of: source)
        guard !value.isEmpty else {
            throw CommandError(
                "\(source) is empty, and a secret has a value",
                remedy: "give a file with --file, or pipe the value in", isUsage: true)
        }
        let request = SecretRequest(value: value)
        try await connection.withPlatform { client in
            try await client.put(secret.path, secret.values, body: request)
            if connection.json {
                try Console.current.write(json: ["name": name])
            } else {
                Console.current.write(line: "Saved the secret \(name)")
            }
        }
    }
}
