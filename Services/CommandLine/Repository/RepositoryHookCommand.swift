import ArgumentParser
import Contracts
import FoundationEssentials

struct RepositoryHookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Print what to enter in the forge's webhook form.",
        discussion: """
            The address is the one for the repository's forge (slipway repo add --forge), and what follows it says \
            where to enter both there. The secret is derived for this one repository; it does not change. A GitLab that signs its hooks is given the \
            one to sign with instead: then nobody who sees a request learns it.
            """)

    @Argument(help: ArgumentHelp("Such as shop/web.", valueName: "repo"))
    var path: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let path = try repositoryPath(path)
        try await connection.withPlatform { client in
            let hook: HookView = try await client.get(.hook, [path.rawValue])
            let console = Console.current
            if connection.json { return try console.write(json: hook) }
            var table = Table([.init(""), .init("")])
            table.hasHeader = false
            let forge = hook.forge.flatMap(Forge.named) ?? .gitlab
            table.add(.init("URL", .faint), .init(hook.url ?? forge.hookURL(at: "http://<the gateway's address>")))
            table.add(.init("Secret", .faint), .init(hook.token))
            if forge == .gitlab {
                let secret = "whsec_" + Data(hook.token.utf8).base64EncodedString()
                table.add(.init("or to sign with", .faint), .init(secret))
            }
            console.write(lines: table.lines(style: console.style))
            Console.remark(console.style.paint(hook.help ?? forge.hookHelp, .faint))
            if hook.url == nil {
                Console.remark("The gateway's public address is not configured; put it in place of <…>.")
            }
        }
    }
}
