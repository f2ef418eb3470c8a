import ArgumentParser
import Contracts

struct CronShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one schedule, and the next times that it starts a run.")

    @OptionGroup var schedule: ScheduleArguments
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let values = try schedule.values()
        try await connection.withPlatform { client in
            try Self.write(try await client.get(.schedule, values), json: connection.json)
        }
    }

    static func write(_ view: ScheduleView, json: Bool) throws {
        let console = Console.current
        if json { return try console.write(json: view) }
        console.write(lines: page(view, style: console.style, width: console.width))
    }

    static func page(_ view: ScheduleView, style: Style, width: Int?) -> [String] {
        var facts = Table([.init(""), .init("", shrinks: true)])
        facts.hasHeader = false
        facts.indent = 2
        facts.add(.init("when", .faint), .init(view.when))
        facts.add(.init("branch", .faint), .init(view.branch ?? "the default one"))
        for (index, parameter) in (view.parameters ?? [:]).sorted(by: { $0.key < $1.key }).enumerated() {
            facts.add(.init(index == 0 ? "parameters" : "", .faint), .init("\(parameter.key)=\(parameter.value)"))
        }
        facts.add(
            .init("missed", .faint),
            .init(view.missed == .catchUp ? "one run makes up for what is missed" : "what is missed is left out"))
        if let state = view.state { facts.add(.init("state", .faint), .init(state, .bad)) }
        for (index, moment) in view.upcoming.enumerated() {
            facts.add(.init(index == 0 ? "next" : "", .faint), .init(moment))
        }
        if let lastAt = view.lastAt {
            let run = view.lastRun.map { ", run \($0)" } ?? ""
            facts.add(.init("last", .faint), .init("\(lastAt)\(run)"))
        }
        facts.add(
            .init("changed", .faint), .init("\(TimeText.ago(view.updatedAt, now: .now)) by \(view.updatedBy.text)"))
        return [style.paint("\(view.name) of \(view.repository)", .strong)] + facts.lines(style: style, width: width)
    }
}
