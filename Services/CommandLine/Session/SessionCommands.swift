import ArgumentParser
import Contracts

struct SessionCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Browsers that are signed in.",
        subcommands: [SessionListCommand.self, SessionEndCommand.self], defaultSubcommand: SessionListCommand.self)
}

struct SessionListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the browsers in which you are signed in.")

    @Option(help: ArgumentHelp("Somebody else, for an administrator.", valueName: "name"))
    var person: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let page: Page<SessionView> = try await client.get(.sessions, query: [("person", person)])
            let sessions = page.items
            try connection.write(
                sessions,
                [.init("SESSION"), .init("FROM"), .init("BROWSER", shrinks: true), .init("USED", alignsRight: true)],
                none: "No browser is signed in"
            ) { session in
                [
                    .init(session.id, .strong), .init(session.client ?? ""), .init(session.agent ?? ""),
                    .init(TimeText.ago(session.usedAt, now: .now), .faint),
                ]
            }
        }
    }
}

struct SessionEndCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "Sign a browser out.",
        discussion: "An administrator ends anybody's: slipway session list --person ada.")

    @Argument(help: "The session, as `slipway session list` shows it.")
    var session: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.oneSession, [session])
            try connection.write(["ended": session], "Signed the browser out")
        }
    }
}
