import ArgumentParser
import Contracts

struct RepositoryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the repositories.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let repositories = try await client.repositories()
            let console = Console.current
            if connection.json { return try console.write(json: repositories) }
            if repositories.isEmpty {
                return Console.remark(
                    "No repositories; add one: slipway repo add shop/web https://git.example/shop/web")
            }
            var table = Table([
                .init("REPOSITORY"), .init("BRANCH"), .init("PROCESS", shrinks: true),
                .init("CLONED FROM", shrinks: true),
            ])
            for repository in repositories {
                var sources = repository.associations.map(\.component)
                if repository.allowsFile { sources.insert("its file", at: 0) }
                table.add(
                    .init(repository.path.rawValue, .strong), .init(repository.defaultBranch, .name),
                    .init(sources.joined(separator: ", ")), .init(repository.cloneURL, .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
