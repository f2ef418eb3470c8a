import Contracts
import FoundationEssentials
import Logging
import Runtime
import Secrets
import Storage

/// `pipeline backup`, beside the service that runs, and `pipeline restore` where there is none yet.
enum BackupCommands {
    private static let to = Setting<String>.text(
        "to", "the file to write; it must not be there yet", example: "/backup/slipway-2026-11-27.tar")
    private static let from = Setting<String>.text(
        "from", "the file that a backup wrote", example: "/backup/slipway-2026-11-27.tar")
    private static let keys = Setting<String>.text(
        "keys", "the folder of the installation's keys, which go into the backup as well, or come out of it",
        example: "/etc/slipway/keys")
    private static let passphrase = Setting<String>.text(
        "backup.passphrase", "what the keys in a backup are sealed with", example: "secret", secret: true)
    private static let withoutKeys = Setting<Bool>.flag(
        "without.keys", "whether secrets may be restored that no key is there for", default: false)
    private static let continueRuns = Setting<Bool>.flag(
        "continue.runs",
        "whether what had not ended goes on; only of a backup that was made while the service was stopped",
        default: false)
    private static let skip = Setting<Int>.integer(
        "skip", "by how many the numbers of runs go on; if absent by as many as may have been given since the backup",
        example: "0", in: 0...1_000_000_000)
    private static let made = Setting<Timestamp>(
        "made", "when the copy was made that the database was put back from", example: "2026-11-27T03:00:00Z"
    ) { text in
        guard let moment = Timestamp(rfc3339: text) else {
            throw SettingProblem(expected: "a time such as 2026-11-27T03:00:00Z")
        }
        return moment
    }

    static let all = [
        ServiceCommand(
            "backup", "writes database and logs, and with --keys the keys, to one file, while the service runs",
            settings: PipelineSettings.place + [to, keys, passphrase], run: backup),
        ServiceCommand(
            "restore", "puts a backup where there is nothing yet, into a file in the data folder or into PostgreSQL",
            settings: PipelineSettings.place + [
                from, keys, passphrase, CommonSettings.sealKeys, withoutKeys, continueRuns, skip,
            ], run: restore),
        ServiceCommand(
            "database restored",
            "has a database that was put back by other means, such as a snapshot, go on beyond what it does not know",
            settings: PipelineSettings.place + [made, skip], run: restored),
    ]

    @Sendable private static func backup(_ settings: Settings, _ logger: Logger) async throws {
        let path = try settings.value(to)
        let folder = try settings.optional(keys)
        let passphrase = try settings.optional(passphrase)
        guard passphrase == nil || folder != nil else {
            throw SettingsError(
                setting: keys.variable, message: "a passphrase is given and no keys to seal with it",
                remedy: "name their folder with --keys, or leave the passphrase away")
        }
        let data = try settings.value(CommonSettings.data)
        let kept = try folder.map { try KeptKeys(folder: $0, needing: KeyFolder.file(of: "pipeline")) }
        // Held meanwhile, where no service has it.
        let claim = try? DataFolder.claimAlone(settings, service: "pipeline")
        // Of a database elsewhere it is not known who has it.
        let isQuiet = try claim != nil && settings.optional(PipelineSettings.databaseURL) == nil
        try Self.folder(in: data).requireNone()
        let store = try await Pipeline.open(settings, logger, asItIs: true)
        let done = try await Backup(
            store: store, logs: "\(data)/logs", migrations: Schema.migrations, keys: kept, passphrase: passphrase,
            isQuiet: isQuiet, version: Version.current
        ).make(at: path)
        try await store.close()
        claim?.release()
        print("\(path): \(done.manifest.runs) runs, \(done.manifest.logs) files of logs, \(done.manifest.bytes) bytes")
        print("as of \(done.header.madeAt)\(isQuiet ? ", with the service stopped" : "")")
        switch done.header.keys {
        case .absent:
            print(
                "the keys are not in it: without them no secret, login of a registry or token of a repository in it can be "
                    + "read, and the addresses of webhooks change. Keep them elsewhere, or use --keys")
        case .plain: print("the keys are in it as they are: whoever reads it reads every secret")
        case .sealed: print("the keys are in it, sealed: keep the passphrase elsewhere")
        }
    }

    @Sendable private static func restore(_ settings: Settings, _ logger: Logger) async throws {
        let claim = try DataFolder.claimAlone(settings, service: "pipeline")
        let folder = try settings.optional(keys)
        // Where the archive has none, those that are there count.
        let ring: KeyRing? =
            if let folder {
                try KeyFolder(folder) { try PrivateFile.replace($0, with: $1) }.ring()
            } else {
                try settings.optional(CommonSettings.sealKeys)
            }
        var openTarget: (@Sendable () async throws -> Store)?
        if let url = try settings.optional(PipelineSettings.databaseURL) {
            openTarget = {
                try await Store.open(
                    try await Pipeline.postgreSQL(url, settings, logger), migrations: Schema.migrations)
            }
        }
        let restore = Restore(
            archive: try settings.value(from), folder: Self.folder(in: claim.path), migrations: Schema.migrations,
            keysFolder: folder, passphrase: try settings.optional(passphrase), ring: ring,
            withoutKeys: try settings.value(withoutKeys), skip: try settings.optional(skip),
            continuesRuns: try settings.value(continueRuns),
            writeKey: { try PrivateFile.replace($0, with: $1) }, openTarget: openTarget)
        let done = try await restore.run()
        claim.release()
        guard let done else { return print("a restore that was interrupted is whole now; start the service") }
        print(
            "restored as of \(done.header.madeAt): \(done.manifest.runs) runs and \(done.manifest.logs) files of logs, to "
                + done.name)
        tell(done.numbers)
        if done.hasKeys, let folder { print("the keys are in \(folder)") }
        if done.unread > 0 { print("\(done.unread) secrets, logins and tokens cannot be read: set them anew") }
        if done.header.keys != .absent, !done.hasKeys { print("the keys that are in it were left in it; see --keys") }
        print("start the service; make sure first that the one before it does not run any more")
    }

    @Sendable private static func restored(_ settings: Settings, _ logger: Logger) async throws {
        let claim = try DataFolder.claimAlone(settings, service: "pipeline")
        let store = try await Pipeline.open(settings, logger)
        let numbers = try await PipelineStore(store: store).goOn(
            Restored(
                id: MessageID.make().rawValue, madeAt: try settings.value(made), at: .now,
                skip: try settings.optional(skip), endsRuns: true))
        print("\(store.name) goes on as one that was put back")
        tell(numbers)
        try await store.close()
        claim.release()
    }

    /// Where a restore into a data folder is put together.
    static func folder(in data: String) -> RestoreFolder {
        RestoreFolder(data: data, file: Pipeline.file(in: data))
    }

    private static func tell(_ numbers: [(repository: RepositoryPath, known: Int, last: Int)]) {
        for number in numbers where number.last > number.known {
            print("  \(number.repository): #\(number.known) was its last run, and the next one is #\(number.last + 1)")
        }
    }
}
