import ArgumentParser
import Contracts

struct RegistrySetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Keep the login builders push and pull with.",
        discussion: """
            The password is read from a file or from standard input; it is sealed on arrival and never shown.

              slipway registry set harbor.example --user 'robot$ci' --password-file password
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
        guard !host.contains("/") else {
            throw CommandError(
                "“\(host)” is no registry's host", remedy: "leave out the scheme and the path", isUsage: true)
        }
        let password = try SecretFile.text(
            passwordFile.map { try SecretFile.bytes($0, naming: "--password-file") } ?? StandardInput.readAll(),
            of: passwordFile ?? "standard input")
        guard !password.isEmpty else { throw CommandError("the password is empty", isUsage: true) }
        let request = RegistryRequest(username: username, password: password)
        try await connection.withPlatform { client in
            try await client.put("registries/\(URLText.encode(host))", body: request)
            if connection.json {
                try Console.current.write(json: ["registry": host, "username": username])
            } else {
                Console.current.write(line: "The login to \(host) as \(username) is kept")
            }
        }
    }
}
