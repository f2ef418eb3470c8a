import ArgumentParser
import Contracts

struct PoolRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take the rules of a pool away.",
        discussion: "The pool default serves everybody then, others serve nobody.")

    @Argument(help: "The pool's name.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            try await client.delete(.pool, [name])
            try connection.write(["removed": name], "Removed the rules of the pool \(name)")
        }
    }
}
