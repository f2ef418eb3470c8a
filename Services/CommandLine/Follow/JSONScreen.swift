import Contracts

/// Every event as one line of JSON.
actor JSONScreen: FollowScreen {
    private let console: Console
    nonisolated var isForPeople: Bool { false }

    init(console: Console) { self.console = console }

    private struct LogLine: Encodable {
        var step: String
        var line: String
        var at: String?
    }

    func log(step: StepView, line: String, stamp: String?) {
        write(LogLine(step: step.name, line: line, at: stamp == LineClock.unknown ? nil : stamp))
    }
    func changed(_ view: RunView) { write(["run": view]) }
    func remark(_ text: String) { Console.remark(text) }
    func tick() {}
    func finished(_ view: RunView) {}

    private func write(_ value: some Encodable) {
        do { try console.write(jsonLine: value) } catch { Console.remark("slipway: \(error)") }
    }
}
