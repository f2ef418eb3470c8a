import ArgumentParser
import Contracts

struct RepositoryRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a repository: nothing of it runs any more.",
        discussion: """
            Its finished runs stay readable for as long as runs are kept; its pushes run nothing from then on, and are \
            listed as discovered.
            """)

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            try await client.delete(.repository, [path.rawValue])
            try connection.write(["removed": path.rawValue], "Removed \(path)")
        }
    }
}
