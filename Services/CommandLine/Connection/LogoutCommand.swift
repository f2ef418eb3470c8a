import ArgumentParser
import Contracts

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the platform that `slipway login` has kept, and end its token.",
        discussion: "A token that was given to it, as a service account's, stays good.")

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() async throws {
        let store = AccountStore.standard()
        let account = try store.load()
        var problem: String?
        if let account { problem = await Self.end(account) }
        let wasKept = try store.remove()
        if json { return try Console.current.write(json: ["removed": wasKept]) }
        Console.current.write(line: wasKept ? "Forgot \(store.path)" : "Nothing was kept.")
        if let problem { Console.remark("Its token is good until it ends: \(problem)") }
    }

    /// Ends the token of a login.
    /// - Returns: why it could not be ended.
    private static func end(_ account: Account) async -> String? {
        let client = APIClient(account: account)
        var problem: String?
        do {
            let me: MeView = try await client.get(.me)
            if let token = me.token, token.hasPrefix("\(me.name)/login.") { try await client.delete(.token, [token]) }
        } catch {
            problem = "\(error)"
        }
        await client.shutdown()
        return problem
    }
}
