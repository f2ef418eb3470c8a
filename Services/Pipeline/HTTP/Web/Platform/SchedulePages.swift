import Contracts
import Hummingbird

/// What is done with schedules from the page of their repository.
struct SchedulePages {
    let responder: PageResponder
    let operations: Operations

    private var schedules: ScheduleOperations { operations.schedules }

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.post, .schedules) { request, context in
            await responder.act(request, context) { try await act($0, $1) }
        }
    }

    private func act(_ form: WebForm, _ principal: Principal) async throws -> Response {
        let path = RepositoryPath(rawValue: form.text("repository") ?? "")
        if let problem = path.problem { throw OperationError.invalid("malformed_repository", problem) }
        let name = form.text("name") ?? ""
        switch form.text("action") {
        case "run":
            let request = try await schedules.request(name, of: path, as: principal)
            let run = try await operations.runs.start(request, as: principal)
            return .redirect(to: PagePath.run.path([run.summary.id.rawValue]), type: .normal)
        case "pause": try await schedules.pause(name, of: path, as: principal)
        case "resume": try await schedules.resume(name, of: path, as: principal)
        case "remove": try await schedules.remove(name, of: path, as: principal)
        case nil:
            // What the form has no field for stays.
            let known = try await schedules.all(of: path, as: principal).first { $0.name == name }
            _ = try await schedules.save(
                ScheduleRequest(
                    expression: form.text("expression") ?? "", zone: form.text("zone"), branch: form.text("branch"),
                    parameters: known?.parameters, missed: known?.missed), as: name, of: path, by: principal)
        case let action?:
            throw OperationError.invalid(
                "malformed_form", "“\(action)” is nothing to do with a schedule: it is run, pause, resume or remove")
        }
        return .redirect(to: PagePath.repository.path([path.rawValue]), type: .normal)
    }
}

/// A line of a repository's schedules.
struct ScheduleRow: Sendable {
    let name: String
    /// `30 3 * * * in Europe/Berlin, branch release`
    let when: String
    /// What its state is, where it starts runs as usual no more.
    let state: String?
    let next: String?
    let nextText: String?
    let isPaused: Bool
    let lastHref: String?
    let last: String?
    let lastAgo: String?

    init(_ view: ScheduleView, now: Timestamp) {
        name = view.name
        when = "\(view.expression) in \(view.zone)" + (view.branch.map { ", branch \($0)" } ?? "")
        state = view.state
        next = view.next?.description
        nextText = view.upcoming.first
        isPaused = view.pausedBy != nil
        lastHref = view.lastRun.map { PagePath.run.path([$0.rawValue]) }
        last = view.lastAt?.description
        lastAgo = view.lastAt.map { TimeText.ago($0, now: now) }
    }
}
