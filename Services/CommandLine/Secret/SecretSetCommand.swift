import ArgumentParser
import Contracts

struct SecretSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Save a secret, or change it.",
        discussion: """
            The value is read from a file, else from standard input; at a terminal it is asked for and not shown. It \
            is taken whole: only one line break at its end is dropped, of Unix (LF) or of Windows (CR LF). A secret that \
            there is already keeps the limits that are not given anew.

              slipway secret set NPM_TOKEN --file token
              slipway secret set DEPLOY_KEY --repo shop/web --branch main < key.pem
              slipway secret set KUBE --environment production --file kubeconfig
              slipway secret set HARBOR --group shop --image plugins/docker < pw
            """)

    @Argument(help: "The secret's name.")
    var name: String

    @Option(help: ArgumentHelp("A file with the value; standard input if absent.", valueName: "path"))
    var file: String?

    @OptionGroup var scope: SecretScope
    @OptionGroup var options: SecretOptions
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
        try await connection.withPlatform { client in
            let rules = try await options.applied(to: name, of: scope, at: client)
            let saved: SecretView = try await client.put(
                secret.path, secret.values, body: SecretRequest(value: value, rules: rules))
            try SecretLimitCommand.write(saved, "Saved the secret", json: connection.json)
        }
    }
}
