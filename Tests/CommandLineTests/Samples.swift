import Contracts

enum Samples {
    static let begin = Timestamp(milliseconds: 1_790_000_000_000)

    static func step(
        _ id: Int, _ name: String, _ state: RunState, attempt: Int = 1, logBytes: Int64 = 0, reason: String? = nil
    ) -> StepView {
        StepView(
            id: id, name: name, kind: "commands", state: state, reason: reason, exitCode: state == .failure ? 1 : nil,
            job: nil, attempt: attempt, outputs: [:], logBytes: logBytes,
            startedAt: state == .pending ? nil : begin, finishedAt: state.isFinal ? begin.adding(.seconds(3)) : nil)
    }

    static func run(_ state: RunState, _ steps: [StepView]) -> RunView {
        RunView(
            summary: RunSummary(
                id: RunID(rawValue: "01kax5v9e3c0000000000000zz"), repository: RepositoryPath(rawValue: "shop/web"),
                number: 12, state: state, reason: nil, event: .push, ref: "refs/heads/main", branch: "main",
                commit: Commit(
                    sha: "1a2b3c4d5e", message: "Fix it\n\nLong", authorName: "Anna", authorEmail: "a@b",
                    committedAt: begin),
                sender: "anna", createdAt: begin, startedAt: begin,
                finishedAt: state.isFinal ? begin.adding(.seconds(64)) : nil),
            choice: ChoiceView(source: .component, name: "web", digest: "sha256:0123456789abcdef", trace: ["no file"]),
            stages: [StageView(name: "default", state: state, reason: nil, dependsOn: [], steps: steps)])
    }
}
