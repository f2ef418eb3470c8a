import ArgumentParser
import Contracts
import FoundationEssentials

struct RepositoryListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the repositories.",
        discussion: """
            Below them are those that are pushed to and not registered, with the command that adds each. As JSON they \
            are listed apart: --discovered.
            """)

    @Flag(help: "Only those that are pushed to and not registered.")
    var discovered = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let console = Console.current
            if connection.json {
                if discovered { return try console.write(json: try await client.discoveredRepositories()) }
                return try console.write(json: try await client.repositories())
            }
            let repositories = discovered ? [] : try await client.repositories()
            let others = try await client.discoveredRepositories()
            if repositories.isEmpty, others.isEmpty {
                return Console.remark(
                    discovered
                        ? "No repository is pushed to that is not registered."
                        : "No repositories; add one: slipway repo add shop/web https://git.example/shop/web")
            }
            var lines = repositories.isEmpty ? [] : Self.table(repositories, console)
            if !others.isEmpty {
                if !lines.isEmpty { lines.append("") }
                lines += Self.page(of: others, now: .now, style: console.style)
            }
            console.write(lines: lines)
        }
    }

    private static func table(_ repositories: [RepositoryView], _ console: Console) -> [String] {
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
        return table.lines(style: console.style, width: console.width)
    }

    /// The commands are not shortened: they are there to be copied.
    static func page(of others: [DiscoveredRepositoryView], now: Timestamp, style: Style) -> [String] {
        ["Discovered, pushed to and not registered:"]
            + others.flatMap { other in
                let pushes = other.pushes == 1 ? "1 push" : "\(other.pushes) pushes"
                let ago = TimeText.ago(other.lastPushAt, now: now)
                return [
                    "  \(style.paint(PlainText.singleLine(other.path.rawValue), .strong))  "
                        + style.paint("\(pushes), \(ago)", .faint),
                    "    \(PlainText.singleLine(other.command))",
                ]
            }
    }
}
