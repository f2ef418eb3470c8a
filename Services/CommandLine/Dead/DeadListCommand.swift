import ArgumentParser
import Contracts

struct DeadListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the parked messages.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let letters: [DeadLetterView] = try await client.all(.parkedMessages)
            let console = Console.current
            if connection.json { return try console.write(json: letters) }
            if letters.isEmpty { return Console.remark("No message is parked.") }
            var table = Table([
                .init("MESSAGE"), .init("TYPE"), .init("QUEUE"), .init("REASON", shrinks: true),
                .init("PARKED", alignsRight: true),
            ])
            for letter in letters {
                table.add(
                    .init(letter.id.rawValue, .strong), .init(letter.type), .init(letter.queue, .faint),
                    .init(letter.reason, .bad), .init(TimeText.ago(letter.parkedAt, now: .now), .faint))
            }
            console.write(lines: table.lines(style: console.style, width: console.width))
        }
    }
}
