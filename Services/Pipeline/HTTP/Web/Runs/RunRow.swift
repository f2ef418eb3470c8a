import Contracts

/// One line of a list of runs.
struct RunRow: Sendable {
    let id: String
    let state: String
    let mark: String
    let repository: String
    let number: Int
    let title: String
    let reason: String?
    let ref: String
    let refTitle: String
    let commit: String
    let cause: String
    let took: String
    let since: String?
    let created: String
    let ago: String

    init(_ run: RunSummary, now: Timestamp) {
        id = run.id.rawValue
        state = run.state.rawValue
        mark = StateMark.picture(run.state)
        repository = run.repository.rawValue
        number = run.number
        title = RunText.subject(run)
        reason = run.reason
        ref = run.refName
        refTitle = run.ref
        commit = run.commit?.short ?? ""
        cause = RunText.cause(run)
        took = TimeText.span(from: run.startedAt, to: run.finishedAt, now: now) ?? ""
        since = PageTime.since(run.startedAt, run.finishedAt)
        created = run.createdAt.description
        ago = TimeText.ago(run.createdAt, now: now)
    }
}
