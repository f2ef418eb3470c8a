import ArgumentParser
import Contracts

struct RepositoryAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a repository, or change one.",
        discussion: """
            The token Git signs in with is read from a file, so that it appears neither in the address nor in the \
            shell's history. It is encrypted on arrival and never shown. Without --git-token-file a repository whose \
            address stays keeps the one it has.

              slipway repo add shop/web https://git.example/shop/web.git
              slipway repo add shop/web https://git.example/shop/web.git \\
                --user oauth2 --git-token-file token
              slipway repo add shop/web https://git.example/shop/web.git --no-file
              slipway repo add shop/web https://git.example/shop/web.git --forge gitea
            """)

    @Argument(help: ArgumentHelp("The repository's path on its server, such as shop/web.", valueName: "repo"))
    var path: String

    @Argument(help: ArgumentHelp("Where it is cloned from.", valueName: "clone-url"))
    var cloneURL: String

    @Option(
        help: ArgumentHelp(
            "The forge that hosts it: \(Forge.all.map(\.name).joined(separator: ", ")). If absent, it stays, or the "
                + "address's host tells; \(Forge.gitlab.name) where it does not.", valueName: "name"))
    var forge: String?

    @Option(help: ArgumentHelp("The default branch; main if absent.", valueName: "name"))
    var branch: String?

    @Option(name: .customLong("user"), help: ArgumentHelp("The user Git signs in as.", valueName: "name"))
    var username: String?

    @Option(help: ArgumentHelp("A file with the token Git signs in with.", valueName: "file"))
    var gitTokenFile: String?

    @Flag(inversion: .prefixedNo, help: "Whether a pipeline file in the repository may be used.")
    var file: Bool = true

    @Option(
        help: ArgumentHelp(
            "Which pushes that no hook told of are run all the same: all, those of branches alone, or none. If absent, "
                + "it stays; all at first.", valueName: "which"))
    var missedPushes: MissedPushOption?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        let request = RepositoryRequest(
            cloneURL: cloneURL, forge: forge, defaultBranch: branch, allowsFile: file,
            missedPushes: missedPushes.flatMap { MissedPushes(rawValue: $0.rawValue) }, username: username,
            token: try gitTokenFile.map { try SecretFile.read($0, naming: "--git-token-file") })
        try await connection.withPlatform { client in
            let view: RepositoryView = try await client.put(.repository, [path.rawValue], body: request)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(
                line: "Saved \(view.path), cloned from \(view.cloneURL)\(view.hasToken ? "" : " without a token")")
            Console.remark(
                console.style.paint("next: slipway repo hook \(view.path)  or  slipway run \(view.path) -f", .faint))
        }
    }
}

/// Which missed pushes run, as an option.
enum MissedPushOption: String, ExpressibleByArgument, CaseIterable {
    case all, branches, none
}
