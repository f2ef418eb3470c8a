import ArgumentParser
import Contracts

struct WhoAmICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Say who you are to the platform.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let me: MeView = try await client.get(.me)
            let console = Console.current
            if connection.json { return try console.write(json: me) }
            var words = [me.person.map { "\($0.name), \($0.displayName)" } ?? "\(me.name), no person's account"]
            if let groups = me.person?.groups, !groups.isEmpty { words.append("in \(groups.joined(separator: ", "))") }
            console.write(line: words.joined(separator: ", "))
        }
    }
}
