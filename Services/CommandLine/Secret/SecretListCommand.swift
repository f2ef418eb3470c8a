import ArgumentParser
import Contracts

struct SecretListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List secrets by their names, and who gets them.",
        discussion: """
            All of them; with --group those of the group. With --repo those its steps may name: its own, and those of its \
            groups and of all repositories where there is no nearer one of that name.
            """)

    @OptionGroup var scope: SecretScope
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let list = try scope.list()
        try await connection.withPlatform { client in
            let all: [SecretView] = try await client.all(list.path, list.values)
            let secrets = scope.group.map { group in all.filter { $0.group == group } } ?? all
            try connection.write(
                secrets, [.init("SECRET"), .init("OF"), .init("FOR"), .init("CHANGED", alignsRight: true)], none: none
            ) { secret in
                [
                    .init(secret.name, .strong), .init(secret.owner), .init((secret.rules ?? SecretRules()).summary),
                    .init(TimeText.ago(secret.updatedAt, now: .now), .faint),
                ]
            }
        }
    }

    private var none: String {
        let place = scope.repository.map { " --repo \($0)" } ?? scope.group.map { " --group \($0)" } ?? ""
        return "No secrets; save one: slipway secret set NAME\(place) --file FILE"
    }
}
