import ArgumentParser
import FoundationEssentials
import Secrets

struct KeyMakeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Make the keys of an installation, a file for each service.",
        discussion: """
            What is there stays. Files are for their owner alone. The one ring of an earlier version, seal-keys in the \
            folder, goes to the platform's file, to open with, and is no other service's any more.
            """)

    @OptionGroup var options: KeyFolderOptions

    @Option(help: ArgumentHelp("A pool of builders; default if absent.", valueName: "name"))
    var pool: [String] = []

    @Option(help: ArgumentHelp("What a deployer serves, such as east+west; default if absent.", valueName: "clusters"))
    var cluster: [String] = []

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func validate() throws {
        let names =
            pool + cluster.flatMap { $0.split(separator: "+", omittingEmptySubsequences: false).map(String.init) }
        for name in names where name.isEmpty || name.contains("/") || name.contains(",") {
            throw ValidationError("“\(name)” is no name of a pool or a cluster.")
        }
    }

    func run() async throws {
        let folder = options.path
        let services = KeyFolder.services(
            pools: pool.isEmpty ? ["default"] : pool,
            clusters: (cluster.isEmpty ? ["default"] : cluster).map { $0.split(separator: "+").map(String.init) })
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for key in [StackService.Key.hook, .mirror] {
            try StackKeys.keep("\(folder)/\(key.rawValue)") { StackKeys.random() }
        }
        let files = try withKeys { try options.keys.make(services) }
        let rows =
            [
                ("\(folder)/hook-key", "SLIPWAY_HOOK_KEY_FILE", "webhook-gateway, pipeline"),
                ("\(folder)/mirror-key", "SLIPWAY_MIRROR_KEY_FILE", "sync, pipeline"),
            ]
            + files.map { file in
                (file, "SLIPWAY_SEAL_KEYS_FILE", String(file.dropFirst("\(folder)/\(KeyFolder.file(of: ""))".count)))
            }
        let console = Console.current
        if json { return try console.write(json: rows.map { ["file": $0.0, "setting": $0.1, "service": $0.2] }) }
        var table = Table([.init("FILE"), .init("SETTING"), .init("OF", shrinks: true)])
        for row in rows { table.add(.init(row.0, .strong), .init(row.1, .faint), .init(row.2)) }
        console.write(lines: table.lines(style: console.style, width: console.width))
    }
}
