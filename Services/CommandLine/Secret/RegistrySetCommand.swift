import ArgumentParser
import Contracts

struct RegistrySetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Save the login that workers pull and push with.",
        discussion: """
            The password is read from a file, else from standard input; at a terminal it is asked for. It is \
            encrypted on arrival and never shown. A login that there is already keeps the limits that are not given anew.

              slipway registry set harbor.example --user 'robot$ci' --password-file pw
              echo "$PASSWORD" | slipway registry set 127.0.0.1:5000 --user slipway
              slipway registry set harbor.example --path shop --repo 'shop/*' --user ci
            """)

    @OptionGroup var registry: RegistryArgument

    @Option(name: .customLong("user"), help: ArgumentHelp("The user's or the robot's name.", valueName: "name"))
    var username: String

    @Option(help: ArgumentHelp("A file with the password; standard input if absent.", valueName: "file"))
    var passwordFile: String?

    @OptionGroup var options: RegistryOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let place = try registry.place()
        let bytes =
            try passwordFile.map { try InputFile.read($0, naming: "--password-file") }
            ?? StandardInput.readSecret("The password of \(username)")
        let password = try SecretFile.text(bytes, of: passwordFile ?? "standard input")
        guard !password.isEmpty else {
            throw CommandError(
                "the password is empty", remedy: "give a file with --password-file, or pipe it in", isUsage: true)
        }
        try await connection.withPlatform { client in
            let rules = try await options.applied(to: place, at: client)
            let saved: RegistryView = try await client.put(
                .registry, [place.description],
                body: RegistryRequest(username: username, password: password, rules: rules))
            try RegistryLimitCommand.write(saved, "Saved the login to", json: connection.json)
        }
    }
}
