import ArgumentParser

struct LogoutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forget the platform that `slipway login` has kept.")

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() throws {
        let store = AccountStore.standard()
        let wasKept = try store.remove()
        if json {
            try Console.current.write(json: ["removed": wasKept])
        } else {
            Console.current.write(line: wasKept ? "Forgot \(store.path)" : "Nothing was kept.")
        }
    }
}
