import ArgumentParser
import Contracts

struct TokenListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens of yours; for administrators, all.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let tokens: [TokenView] = try await client.all(.tokens)
            try connection.write(
                tokens,
                [
                    .init("TOKEN"), .init("LIMIT", shrinks: true), .init("ENDS"), .init("USED", alignsRight: true),
                    .init("MADE", alignsRight: true), .init("WITH", shrinks: true),
                ]
            ) { token in
                let limit =
                    [token.role?.rawValue, token.repositories.map { "of " + $0.joined(separator: ", ") }]
                    .compactMap(\.self).joined(separator: " ")
                return [
                    .init(token.name, .strong), .init(limit),
                    .init(token.expiresAt.map { String($0.description.prefix(10)) } ?? "never"),
                    .init(token.usedAt.map { TimeText.ago($0, now: .now) } ?? "never"),
                    .init(TimeText.ago(token.createdAt, now: .now), .faint),
                    .init(token.parent ?? token.madeBy.map { "by \($0)" } ?? "", .faint),
                ]
            }
        }
    }
}
