import ArgumentParser
import Contracts

struct EnvironmentRefuseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse",
        abstract: "Refuse a rollout that waits to be approved, or for the end of a freeze.",
        discussion: "Whoever may approve it may. The name of your account is kept, with the time.")

    @OptionGroup var verdict: VerdictOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await verdict.send(approves: false, connection)
    }
}
