import ArgumentParser
import Contracts

struct EnvironmentApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve a rollout that waits for it.",
        discussion: "The name of your account is kept, with the time.")

    @OptionGroup var verdict: VerdictOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await verdict.send(approves: true, connection)
    }
}
