import ArgumentParser
import Contracts

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the names of the tokens there are.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let tokens: [TokenView] = try await client.all(.tokens)
            let console = Console.current
            if connection.json { return try console.write(json: tokens) }
            var table = Table([.init("TOKEN"), .init("MADE", alignsRight: true)])
            for token in tokens {
                table.add(.init(token.name, .strong), .init(TimeText.ago(token.createdAt, now: .now), .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
