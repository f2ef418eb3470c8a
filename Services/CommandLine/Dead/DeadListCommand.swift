import ArgumentParser
import Contracts

struct DeadListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the parked messages.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let letters: [DeadLetterView] = try await client.all(.parkedMessages)
            try connection.write(
                letters,
                [
                    .init("MESSAGE"), .init("TYPE"), .init("QUEUE"), .init("REASON", shrinks: true),
                    .init("PARKED", alignsRight: true),
                ],
                none: "No message is parked."
            ) { letter in
                [
                    .init(letter.id.rawValue, .strong), .init(letter.type), .init(letter.queue, .faint),
                    .init(letter.reason, .bad), .init(TimeText.ago(letter.parkedAt, now: .now), .faint),
                ]
            }
        }
    }
}
