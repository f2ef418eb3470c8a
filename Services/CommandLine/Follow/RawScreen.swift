import Contracts

/// One step's log as it is, line for line, and nothing about the run.
actor RawScreen: FollowScreen {
    private let console: Console

    init(console: Console) { self.console = console }

    func log(step: StepView, line: String, stamp: String?) {
        console.write(line: (stamp.map { "\($0) " } ?? "") + line)
    }
    func changed(_ view: RunView) {}
    func remark(_ text: String) { Console.remark(text) }
    func tick() {}
    func finished(_ view: RunView) {}
}
