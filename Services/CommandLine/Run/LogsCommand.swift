import ArgumentParser
import Contracts
import Text

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print a run's log, or one step's; follow it with -f.",
        discussion: """
            One step's log is printed as it is, byte for byte. All of a run's steps are printed one after the other, \
            each line with its step's name; with -f as they come in. --timestamps puts before each line when its \
            step wrote it, in UTC, to about a hundredth of a second; “-” stands where that was not noted.

              slipway logs shop/web#12             every step
              slipway logs shop/web#12 compile     one step, to read or to pipe
              slipway logs -f                      the newest run, live, until it ends
              slipway logs -ft shop/web            the same of one repository, with times

            With -f the exit code is the run's (or the step's): 0 for success, 1 for anything else.
            """)

    @OptionGroup var target: RunArgument

    @Argument(
        help: ArgumentHelp(
            "A step's name, with its pipeline's where names repeat (arm64/build), or its number.", valueName: "step"))
    var step: String?

    @Flag(name: [.short, .long], help: "Go on until the run or the step has ended.")
    var follow = false

    @Flag(name: [.customShort("t"), .long], help: "Begin each line with the moment it was written.")
    var timestamps = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let reference = try target.reference()
        try await connection.withPlatform { client in
            var view = try await client.run(reference)
            // A run that was just started has no steps until its source is there.
            while follow, step != nil, view.stages.isEmpty, !view.summary.state.isFinal {
                try await Task.sleep(for: .milliseconds(200))
                view = try await client.run(view.summary.id)
            }
            let chosen = try step.map { try Self.find($0, in: view) }
            if follow {
                try await follow(view, chosen, client)
            } else if let chosen {
                try await copy(chosen, of: view, client)
            } else {
                try await printAll(view, client)
            }
        }
    }

    /// The step of a name or a number.
    static func find(_ text: String, in view: RunView) throws -> StepView {
        let steps = view.withDistinctNames().stages.flatMap(\.steps)
        let all = view.stages.flatMap(\.steps)
        let named = zip(steps, all).filter { $0.name == text || $1.name == text }.map(\.0)
        if let only = named.first, named.count == 1 { return only }
        if named.isEmpty, let id = Int(text), let step = steps.first(where: { $0.id == id }) { return step }
        let run = "\(view.summary.repository)#\(view.summary.number)"
        if named.isEmpty {
            throw CommandError(
                "\(run) has no step “\(text)”",
                remedy: steps.isEmpty ? "it has no steps yet" : "it has " + steps.map(\.name).joined(separator: ", "))
        }
        throw CommandError(
            "\(run) has several steps “\(text)”",
            remedy: "it is one of " + named.map { "\(ShellWord.quote($0.name)) (\($0.id))" }.joined(separator: ", "))
    }

    private func follow(_ view: RunView, _ step: StepView?, _ client: APIClient) async throws {
        let screen: any FollowScreen =
            if step != nil, !connection.json { RawScreen(console: .current) } else {
                RunFollower.screen(json: connection.json)
            }
        let follower = RunFollower(
            client: client, run: view.summary.id, screen: screen, only: step?.id, clock: clock(view, client))
        let ended = try await follower.follow()
        let state = step.flatMap { step in ended.stages.flatMap(\.steps).first { $0.id == step.id }?.state }
        if (state ?? ended.summary.state) != .success { throw ExitCode(1) }
    }

    private func copy(_ step: StepView, of view: RunView, _ client: APIClient) async throws {
        let console = Console.current
        if timestamps {
            let screen: any FollowScreen =
                connection.json ? JSONScreen(console: console) : RawScreen(console: console)
            return try await printLines(of: step, view, to: screen, clock(view, client), client)
        }
        try await client.log(of: view.summary.id, step: step.id) { bytes in
            if connection.json {
                try console.write(jsonLine: ["step": step.name, "text": String(decoding: bytes, as: UTF8.self)])
            } else {
                console.write(bytes: bytes)
            }
        }
    }

    private func printAll(_ view: RunView, _ client: APIClient) async throws {
        let console = Console.current
        let screen: any FollowScreen =
            connection.json ? JSONScreen(console: console) : PlainScreen(console: console)
        let clock = clock(view, client)
        let view = screen.isForPeople ? view.withDistinctNames() : view
        for step in view.stages.flatMap(\.steps) where step.logBytes > 0 {
            try await printLines(of: step, view, to: screen, clock, client)
        }
    }

    private func printLines(
        of step: StepView, _ view: RunView, to screen: any FollowScreen, _ clock: LineClock?, _ client: APIClient
    ) async throws {
        var lines = LineAssembler()
        try await client.log(of: view.summary.id, step: step.id) { bytes in
            for line in lines.receive(bytes) {
                await screen.log(step: step, line: line.text, stamp: try await clock?.stamp(of: line, step: step))
            }
        }
        if let rest = lines.finish() {
            await screen.log(step: step, line: rest.text, stamp: try await clock?.stamp(of: rest, step: step))
        }
    }

    private func clock(_ view: RunView, _ client: APIClient) -> LineClock? {
        timestamps ? LineClock(client: client, run: view.summary.id) : nil
    }
}
