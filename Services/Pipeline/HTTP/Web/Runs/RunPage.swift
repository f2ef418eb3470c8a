import Contracts

/// A run's page, whole or in the parts that change.
struct RunPage: Sendable {
    let view: RunView
    /// The step that is shown.
    let step: StepView?
    /// The step that was asked for.
    let wanted: Int?
    let log: LogChunks.Rendered

    /// - Parameters:
    ///   - wanted: the step to show; the page chooses if `nil`.
    ///   - piece: the first piece of its log; the end of it if `nil`.
    static func load(
        _ view: RunView, wanted: Int?, piece: Int?, log chunks: @Sendable (StepView) throws -> LogChunks
    ) async throws -> RunPage {
        let steps = view.stages.flatMap(\.steps)
        let step = wanted.flatMap { id in steps.first { $0.id == id } } ?? LogPanel.choose(view)
        var log = LogChunks.Rendered()
        if let step { log = try await chunks(step).render(first: piece) }
        return RunPage(view: view, step: step, wanted: wanted, log: log)
    }

    func head(_ now: Timestamp) -> RunHead { RunHead(view.summary, now: now) }
    func list(_ now: Timestamp) -> RunStepList { RunStepList(view, selected: step?.id, now: now) }
    var why: RunWhy { RunWhy(view) }
    var panel: LogPanel { LogPanel(view, step: step, wanted: wanted, log: log) }

    func actions(for principal: Principal) -> [String: Any] {
        let id = view.summary.id.rawValue
        let repository = view.summary.repository
        let approvals = view.stages.flatMap(\.steps)
            .filter { step in
                guard let approval = step.approval, !principal.onlySees,
                    approval.mayBeRefused(
                        by: principal.name, oneOf: principal.groups, hasChosenName: principal.hasChosenName)
                else { return false }
                return principal.may(
                    approval.approvers.isEmpty ? .decideOpenRollout : .decideRollout, in: repository)
            }
            .map { step -> [String: Any] in
                let mayApprove =
                    step.approval?.waits(
                        for: principal.name, oneOf: principal.groups, hasChosenName: principal.hasChosenName) == true
                return ["id": id, "step": "\(step.id)", "name": step.name, "mayApprove": mayApprove]
            }
        return [
            "id": id, "canCancel": !view.summary.state.isFinal && principal.may(.cancelRun, in: repository),
            "canRerun": principal.may(.rerun, in: repository), "approvals": approvals,
        ]
    }

    /// Everything of the page within its frame.
    func content(_ now: Timestamp, for principal: Principal) -> [String: Any] {
        var content = actions(for: principal)
        content["live"] = PagePath.liveRun.path(
            [view.summary.id.rawValue],
            query: [
                ("wanted", wanted.map { "\($0)" }), ("step", step.map { "\($0.id)" }), ("end", "\(log.end)"),
                ("line", "\(log.nextLine)"), ("attempt", step.map { "\($0.attempt)" }),
            ])
        // A page of an earlier part of a log stays as it is.
        if log.later != nil { content["live"] = "" }
        content["head"] = head(now)
        content["list"] = list(now)
        content["why"] = why
        content["log"] = panel
        return content
    }
}
