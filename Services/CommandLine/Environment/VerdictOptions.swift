import ArgumentParser
import Contracts

/// Which rollout is approved or refused.
struct VerdictOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The run, such as shop/web#12.", valueName: "run"))
    var run: String

    @Option(help: ArgumentHelp("The step; the only one that waits if absent.", valueName: "name"))
    var step: String?

    @Option(help: ArgumentHelp("Why, for those who look at the run.", valueName: "text"))
    var reason: String?

    func send(approves: Bool, _ connection: ConnectionOptions) async throws {
        let reference = try RunReference(run)
        try await connection.withPlatform { client in
            let view = try await client.run(reference)
            let name = "\(view.summary.repository)#\(view.summary.number)"
            let waiting = view.stages.flatMap(\.steps).filter { found in
                guard let approval = found.approval, step == nil || found.name == step else { return false }
                return !approves || approval.until == nil
            }
            let what = approves ? "to be approved" : "and could be refused"
            guard let found = waiting.first else {
                throw CommandError("no rollout of \(name) waits \(what)", remedy: "see `slipway show \(name)`")
            }
            guard waiting.count == 1 else {
                throw CommandError(
                    "\(waiting.count) rollouts of \(name) wait \(what)",
                    remedy: "name one with --step: \(waiting.map(\.name).joined(separator: ", "))")
            }
            let request = VerdictRequest(approves: approves, reason: reason)
            let changed: RunView = try await client.post(
                .verdict, [view.summary.id.rawValue, "\(found.id)"], body: request)
            let console = Console.current
            if connection.json { return try console.write(json: changed) }
            let now = changed.stages.flatMap(\.steps).first { $0.id == found.id }
            console.write(
                line: "\(approves ? "Approved" : "Refused") \(found.name) of \(name)"
                    + (approves ? now?.reason.map { "; it \($0)" } ?? "" : ""))
        }
    }
}
