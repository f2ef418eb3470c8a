import Contracts

/// The head of a run's page.
struct RunHead: Sendable {
    let state: String
    let mark: String
    let word: String
    let repository: String
    let repositoryHref: String
    let number: Int
    let title: String
    let reason: String?
    let note: String?
    let cause: String
    let commit: String?
    let commitTitle: String
    let author: String?
    let took: String
    let since: String?
    let created: String
    let ago: String

    init(_ run: RunSummary, now: Timestamp) {
        state = run.state.rawValue
        mark = StateMark.picture(run.state)
        word = run.state.word
        repository = run.repository.rawValue
        repositoryHref = PagePath.repository.path([run.repository.rawValue])
        number = run.number
        title = RunText.subject(run)
        reason = run.reason
        note = run.note.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
        cause = "\(run.refName) · \(RunText.cause(run))"
        commit = run.commit?.short
        commitTitle = run.commit?.sha ?? ""
        author = run.commit?.authorName
        took = TimeText.span(from: run.startedAt, to: run.finishedAt, now: now) ?? ""
        since = PageTime.since(run.startedAt, run.finishedAt)
        created = run.createdAt.description
        ago = TimeText.ago(run.createdAt, now: now)
    }
}
