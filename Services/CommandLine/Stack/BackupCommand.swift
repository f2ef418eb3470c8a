import ArgumentParser
import FoundationEssentials

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write what the platform of a stack on this machine keeps to one file.",
        discussion: """
            Everything may run meanwhile. The file has the database as it was at one moment, and the logs of its runs; \
            with --keys the keys as well, sealed if there is a passphrase. Without them the secrets in it cannot be read: \
            then keep the keys elsewhere. It has its name once it is whole, and is for its owner alone.

              slipway backup /backup/slipway.tar
              slipway backup /backup/slipway.tar --keys --passphrase-file /root/passphrase

            `slipway restore` puts it back. Beside a service that `slipway up` did not start: pipeline backup --help.
            """)

    @Argument(help: ArgumentHelp("The file to write; it must not be there yet.", valueName: "file"))
    var file: String

    @Flag(help: "Put the keys into it as well.")
    var keys = false

    @Option(help: ArgumentHelp("A file with what the keys are sealed with.", valueName: "file"))
    var passphraseFile: String?

    @OptionGroup var place: StackPlace

    func validate() throws {
        guard passphraseFile == nil || keys else { throw ValidationError("--passphrase-file is for --keys.") }
    }

    func run() async throws {
        let stack = try place.stack()
        guard FileManager.default.fileExists(atPath: stack.layout.data("pipeline")) else {
            throw CommandError(
                "there is no stack in \(stack.layout.directory)",
                remedy: "name its folder with --state; beside a service that slipway up did not start: pipeline backup")
        }
        let path = StackLayout.absolute(file)
        let said = try await stack.pipeline(
            ["backup", "--to", path] + (keys ? ["--keys", stack.layout.keys] : []),
            with: StackPlace.passphrase(passphraseFile), failing: "no backup was written")
        try place.tell(said, ["file": path])
    }
}

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup back where there is no stack yet.",
        discussion: """
            The file is read whole and checked before anything is written. Then `slipway up` starts the stack. Where the \
            backup has no keys, put them into the folder keys of the stack first.

              slipway restore /backup/slipway.tar
              slipway restore /backup/slipway.tar --passphrase-file passphrase

            What had not ended when the backup was made ends, with the reason. The numbers of runs go on beyond those that \
            may have been given since, which the backup does not know; --skip 0 if nothing has run since. Stop the platform \
            of before first: two on one broker are refused.
            """)

    @Argument(help: ArgumentHelp("What `slipway backup` wrote.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("A file with what its keys are sealed with.", valueName: "file"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp("By how many the numbers of runs go on.", valueName: "count"))
    var skip: Int?

    @Flag(help: "Let what had not ended go on; only of a backup that was made while the platform was stopped.")
    var continueRuns = false

    @Flag(help: "Restore also secrets that no key is there for.")
    var withoutKeys = false

    @OptionGroup var place: StackPlace

    func run() async throws {
        let stack = try place.stack()
        try stack.layout.createDirectories()
        let words = ["restore", "--from", StackLayout.absolute(file), "--keys", stack.layout.keys]
        let said = try await stack.pipeline(
            words + (skip.map { ["--skip", "\($0)"] } ?? []) + (continueRuns ? ["--continue-runs", "true"] : [])
                + (withoutKeys ? ["--without-keys", "true"] : []),
            with: StackPlace.passphrase(passphraseFile), failing: "nothing was restored")
        try place.tell(said, ["state": stack.layout.directory])
    }
}

/// Which stack of this machine a backup is of, or goes to.
struct StackPlace: ParsableArguments {
    @Option(help: ArgumentHelp("The stack's folder; ~/.local/state/slipway if absent.", valueName: "folder"))
    var state: String?

    @Option(
        help: ArgumentHelp("The folder of the services' executables; this one's if absent.", valueName: "folder"))
    var binaries: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting that `slipway up` is given as well; repeat it.", valueName: "[service:]name=value"))
    var settings: [StackSetting] = []

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func stack() throws -> Stack {
        Stack(
            layout: StackLayout(
                directory: state.map(StackLayout.absolute) ?? StackLayout.standardDirectory(),
                ports: StackPorts(base: StackPorts.standard)),
            binaries: try binaries.map(StackLayout.absolute) ?? Stack.executableFolder(), settings: settings)
    }

    /// What a command said, or what of it is for programs.
    func tell(_ said: String, _ facts: [String: String]) throws {
        if json { return try Console.current.write(json: facts) }
        for line in said.split(separator: "\n") { Console.current.write(line: String(line)) }
    }

    static func passphrase(_ file: String?) -> [String: String] {
        file.map { ["SLIPWAY_BACKUP_PASSPHRASE_FILE": StackLayout.absolute($0)] } ?? [:]
    }
}
