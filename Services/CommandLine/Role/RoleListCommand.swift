import ArgumentParser
import Contracts

struct RoleListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the roles within what one administers, by their holders.")

    @Option(help: ArgumentHelp("Only who may do something in this repository, also by wider roles.", valueName: "path"))
    var repo: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let roles: [RoleView] = try await client.all(.roles, query: [("repository", repo)])
            try connection.write(
                roles, [.init("HOLDER"), .init("ROLE"), .init("OF", shrinks: true), .init("GIVEN", alignsRight: true)]
            ) { role in
                [
                    .init(role.holder, .strong), .init(role.role.rawValue), .init(role.scope),
                    .init("\(TimeText.ago(role.givenAt, now: .now)) by \(role.givenBy)", .faint),
                ]
            }
        }
    }
}
