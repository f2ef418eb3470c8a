import ArgumentParser
import Contracts

struct DeadRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Send parked messages again.",
        discussion: """
              slipway dead retry 01kax…     one
              slipway dead retry --all      every one of them
            """)

    @Argument(help: "The messages' ids.")
    var messages: [String] = []

    @Flag(help: "All of them.")
    var all = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if messages.isEmpty == !all { throw ValidationError("Name the messages, or give --all.") }
    }

    func run() async throws {
        try await connection.withPlatform { client in
            var wanted = messages
            if all {
                let letters: [DeadLetterView] = try await client.all(.parkedMessages)
                wanted = letters.map(\.id.rawValue)
            }
            for message in wanted {
                try await client.post(.retryParkedMessage, [message])
            }
            if connection.json {
                try Console.current.write(json: ["sent": wanted])
            } else {
                Console.current.write(
                    line: wanted.count == 1 ? "1 message was sent again" : "\(wanted.count) messages were sent again")
            }
        }
    }
}
