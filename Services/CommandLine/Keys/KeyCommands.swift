import ArgumentParser
import Contracts
import FoundationEssentials
import Secrets

struct KeyCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "The keys that secrets are sealed with.",
        discussion: """
            The platform has keys of its own, from which sync, each pool of builders and each deployer has others derived: \
            what is sealed for one of them no other opens. The first key seals, all of them open.

              slipway keys make --folder /etc/slipway/keys --pool default --pool gpu
              slipway keys rotate     # then start the services again, in any order
              slipway keys list       # what still needs an older key
              slipway keys retire 2026-11-27
            """,
        subcommands: [
            KeyListCommand.self, KeyMakeCommand.self, KeyRotateCommand.self, KeyRetireCommand.self,
            KeyResealCommand.self,
        ],
        defaultSubcommand: KeyListCommand.self)
}

/// Where the files of the keys are.
struct KeyFolderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder of the keys; that of `slipway up` if absent.", valueName: "folder"))
    var folder: String?

    var path: String {
        folder.map(StackLayout.absolute)
            ?? StackLayout(directory: StackLayout.standardDirectory(), ports: StackPorts(base: StackPorts.standard))
            .keys
    }

    var keys: KeyFolder { StackKeys.folder(path) }
}

/// Does something with keys; what is wrong with them is a command's error.
func withKeys<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as SecretsError {
        throw CommandError(error.message, remedy: "see slipway keys --help")
    }
}
