import Contracts
import HTTPTypes
import Hummingbird
import NIOCore

extension WebRoutes {
    /// Runs on one page.
    static let pageSize = 50

    func registerRuns<Context: RequestContext>(on router: some RouterMethods<Context>) {
        router.get("/") { request, _ in await show(request) { try await runs(request, $0) } }
        router.get("live/runs") { request, _ in
            await show(request) { _ in
                let filter = RunFilter(request)
                return LiveRuns(routes: self, filter: filter).response()
            }
        }
        router.post("runs") { request, _ in await act(request) { form, _ in try await start(form) } }
        router.get("runs/:id") { request, context in
            await show(request) { try await run(request, try runID(context), $0) }
        }
        router.get("live/runs/:id") { request, context in
            await show(request) { visitor in
                LiveRun(routes: self, run: try runID(context), visitor: visitor, request: request).response()
            }
        }
        router.get("runs/:id/log/:step") { request, context in
            await show(request) { _ in try await logPiece(request, context) }
        }
        router.post("runs/:id/cancel") { request, context in
            await act(request) { _, _ in
                let id = try runID(context)
                try await model.cancel(id)
                return .redirect(to: "/runs/\(id)", type: .normal)
            }
        }
        router.post("runs/:id/again") { request, context in
            await act(request) { _, _ in
                .redirect(to: "/runs/\(try await model.again(try runID(context)))", type: .normal)
            }
        }
        router.get("processes/:digest") { request, context in
            await show(request) { visitor in
                let digest = context.parameters.get("digest").flatMap { WebPath.decode($0) } ?? ""
                guard let document = try await model.process(digest) else {
                    throw Problem(code: "unknown_process", message: "No process has the address “\(digest)”.")
                }
                return page(
                    "process", "Process", ["digest": digest, "document": JSONLayout.tidy(document)], visitor: visitor)
            }
        }
    }

    private func runID(_ context: some RequestContext) throws -> RunID {
        RunID(rawValue: context.parameters.get("id").map { String($0) } ?? "")
    }

    private func find(_ id: RunID) async throws -> RunView {
        guard let view = try await model.run(id) else {
            throw Problem(code: "unknown_run", message: "There is no run “\(id)”.")
        }
        return view
    }

    private func runs(_ request: Request, _ visitor: Visitor) async throws -> Response {
        let filter = RunFilter(request)
        let found = try await model.runs(
            repository: filter.repository, state: filter.state, before: filter.before, limit: Self.pageSize)
        let now = Timestamp.now
        let repositories = try await model.repositories().map(\.path.rawValue)
        var content = filter.content(repositories: repositories, next: found.next)
        content["rows"] = found.items.map { RunRow($0, now: now) }
        return page("runs", "Runs", content, section: .runs, visitor: visitor)
    }

    private func run(_ request: Request, _ id: RunID, _ visitor: Visitor) async throws -> Response {
        let view = try await find(id)
        let wanted = request.uri.queryParameters["step"].flatMap { Int($0) }
        let piece = request.uri.queryParameters["chunk"].flatMap { Int($0) }
        let loaded = try await RunPage.load(view, wanted: wanted, piece: piece, logs)
        let title = "\(view.summary.repository) #\(view.summary.number) \(StateMark.word(view.summary.state))"
        return page(
            "run", title, loaded.content(.now, guardToken: visitor.guardToken), section: .runs, visitor: visitor)
    }

    private func start(_ form: WebForm) async throws -> Response {
        let path = RepositoryPath(rawValue: form.text("repository") ?? "")
        if let problem = path.problem { throw Problem(code: "malformed_repository", message: problem) }
        let event = try form.text("event").map { text in
            guard let event = Event(rawValue: text) else {
                throw Problem(code: "malformed_event", message: "“\(text)” is not an event.")
            }
            return event
        }
        let run = try await model.start(
            RunRequest(
                repository: path, ref: form.text("ref"), event: event, target: form.text("target"),
                cron: form.text("cron"), component: form.text("component")))
        return .redirect(to: "/runs/\(run)", type: .normal)
    }

    /// One piece of a log, for the page that has those after it: by its number, or by a line that it has.
    private func logPiece(_ request: Request, _ context: some RequestContext) async throws -> Response {
        let view = try await find(try runID(context))
        let id = context.parameters.get("step").flatMap { Int($0) }
        guard let step = view.stages.flatMap(\.steps).first(where: { $0.id == id }) else {
            throw Problem(code: "unknown_step", message: "The run has no such step.")
        }
        if let line = request.uri.queryParameters["line"].flatMap({ Int($0) }) {
            let piece = try await logs.piece(ofLine: line, view.summary.id, step)
            return .redirect(
                to: "/runs/\(view.summary.id)?step=\(step.id)&chunk=\(piece)#L\(line)", type: .normal)
        }
        let piece = request.uri.queryParameters["chunk"].flatMap { Int($0) } ?? 0
        return .page(try await logs.render(view.summary.id, step, only: piece).html)
    }
}
