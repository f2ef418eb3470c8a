import Contracts
import Logging
import Runtime
import Secrets

/// `pipeline keys …`: the files of an installation's seal keys, where there is no `slipway`, such as in its image.
struct KeyFileCommands: Sendable {
    /// What the check reads: where the platform's state is, and its keys.
    let settings: [any AnySetting]
    /// Opens the platform's state for a body.
    let open: @Sendable (Settings, Logger, (KeyOperations) async throws -> Void) async throws -> Void

    private static let folder = Setting<String>.text(
        "folder", "where the files of the keys are", example: "/etc/slipway/keys")
    private static let key = Setting<String>.text("key", "the id of a key", example: "2026-11-27")

    var all: [ServiceCommand] {
        [
            ServiceCommand(
                "keys make", "makes the seal keys that are missing, a file for each service",
                settings: [Self.folder, BrokerCommands.pools, BrokerCommands.clusters]
            ) { settings, _ in
                let services = KeyFolder.services(
                    pools: try settings.value(BrokerCommands.pools),
                    clusters: try settings.value(BrokerCommands.clusters))
                for file in try Self.keys(settings).make(services) { print(file) }
            },
            ServiceCommand(
                "keys rotate", "makes a new seal key, which seals once the services are started again",
                settings: [Self.folder]
            ) { settings, _ in print(try Self.keys(settings).rotate()) },
            ServiceCommand(
                "keys check", "says whether a seal key can be retired, beside the service that runs",
                settings: settings + [Self.key]
            ) { [open] settings, logger in
                let key = try settings.value(Self.key)
                try await open(settings, logger) { try await $0.check(retirementOf: key, as: .administrator) }
                print("nothing needs the key \(key)")
            },
            ServiceCommand(
                "keys retire", "takes a seal key out of all files; see first what keys check says of it",
                settings: [Self.folder, Self.key]
            ) { settings, _ in
                let key = try settings.value(Self.key)
                try Self.keys(settings).retire(key)
                print("retired \(key)")
            },
        ]
    }

    private static func keys(_ settings: Settings) throws -> KeyFolder {
        KeyFolder(try settings.value(folder)) { try PrivateFile.replace($0, with: $1) }
    }
}
