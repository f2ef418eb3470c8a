import ArgumentParser
import Contracts

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one run: why it ran, its stages and steps, what came out.",
        discussion: """
              slipway show shop/web#12
              slipway show              the newest run of all

            Of an output of several lines the first is shown; --json has all of it.
            """)

    @OptionGroup var target: RunArgument
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let reference = try target.reference()
        try await connection.withPlatform { client in
            let view = try await client.run(reference)
            let console = Console.current
            if connection.json { return try console.write(json: view) }
            console.write(lines: RunText.page(view, style: console.style, width: console.width, now: .now))
        }
    }
}
