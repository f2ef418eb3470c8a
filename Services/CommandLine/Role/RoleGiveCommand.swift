import ArgumentParser
import Contracts

struct RoleGiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "give", abstract: "Give an account or a group a role.",
        discussion: """
            In each scope it takes the place of the one the holder had there.

              slipway role give anna developer --repo 'shop/*'
              slipway role give @shop/ops maintainer --repo 'shop/**'
              slipway role give bob administrator --repo '**'
            """)

    @Argument(help: "An account, or @GROUP.")
    var holder: String

    @Argument(help: "\(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
    var role: Role

    @Option(help: ArgumentHelp("Where: **, shop/**, shop/* or shop/web.", valueName: "scope"))
    var repo: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            for scope in repo {
                let view: RoleView = try await client.put(.role, [holder, scope], body: RoleRequest(role: role))
                try connection.write(view, "\(view.holder) is \(view.role.rawValue) of \(view.scope)")
            }
        }
    }
}
