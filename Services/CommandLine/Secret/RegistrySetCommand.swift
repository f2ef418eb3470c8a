import ArgumentParser
import Contracts

struct RegistrySetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Save the login that builders push and pull with.",
        discussion: """
            The password is read from a file, else from standard input; at a terminal it is asked for. It is \
            encrypted on arrival and never shown.

              slipway registry set harbor.example --user 'robot$ci' --password-file pw
              echo "$PASSWORD" | slipway registry set 127.0.0.1:5000 --user slipway
            """)

    @Argument(help: "The registry's host, with its port if it has one: harbor.example, 127.0.0.1:5000.")
    var host: String

    @Option(name: .customLong("user"), help: ArgumentHelp("The user's or the robot's name.", valueName: "name"))
    var username: String

    @Option(help: ArgumentHelp("A file with the password; standard input if absent.", valueName: "file"))
    var passwordFile: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let host = try registryHost(host)
        let bytes =
            try passwordFile.map { try InputFile.read($0, naming: "--password-file") }
            ?? StandardInput.readSecret("The password of \(username)")
        let password = try SecretFile.text(bytes, of: passwordFile ?? "standard input")
        guard !password.isEmpty else {
            throw CommandError(
                "the password is empty", remedy: "give a file with --password-file, or pipe it in", isUsage: true)
        }
        let request = RegistryRequest(username: username, password: password)
        try await connection.withPlatform { client in
            try await client.put(.registry, [host], body: request)
            if connection.json {
                try Console.current.write(json: ["registry": host, "username": username])
            } else {
                Console.current.write(line: "Saved the login to \(host) as \(username)")
            }
        }
    }
}
