import ArgumentParser
import Contracts

struct KeyResealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reseal", abstract: "Seal all that is stored with the newest key.",
        discussion: """
            The platform does it while it runs, and at each start by itself. Whatever ends it, it goes on where it was.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let done: ResealView = try await client.post(.reseal)
            if connection.json {
                try Console.current.write(json: done)
            } else {
                Console.current.write(
                    line: "Sealed \(done.resealed) stored value\(done.resealed == 1 ? "" : "s") with the newest key")
            }
            guard done.failures.isEmpty else {
                throw CommandError(
                    "\(done.failures.count) of them cannot be opened", remedy: "enter them again",
                    details: done.failures)
            }
        }
    }
}
