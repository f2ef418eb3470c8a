import ArgumentParser
import Contracts
import Secrets

struct KeyRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Take a key out of all files, once nothing needs it.",
        discussion: """
            The platform is asked first: it refuses while something stored is sealed with the key, or a service that is there \
            has no newer one. Nothing can open what was sealed with a key that is retired, such as a backup from before.
            """)

    @Argument(help: "The key's id, as `slipway keys list` shows it.")
    var id: String

    @OptionGroup var options: KeyFolderOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let keys: [KeyView] = try await client.all(.keys)
            guard let key = keys.first(where: { $0.id == id }) else {
                throw CommandError("the platform has no key “\(id)”", remedy: "see slipway keys list")
            }
            if let need = key.need {
                throw CommandError(
                    "the key “\(id)” cannot be retired: \(need)",
                    remedy:
                        "seal what is stored with the newest key (slipway keys reseal), and restart the services that "
                        + "have no newer key with their new files")
            }
            try withKeys { try options.keys.retire(id) }
            try connection.write(["retired": id], "Retired the key \(id) in \(options.path)")
        }
    }
}
