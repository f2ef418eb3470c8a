import Contracts
import Hummingbird

/// The runs, one of them with the log of a step, and what of them changes.
struct RunPages {
    /// Runs on one page.
    static let pageSize = 50
    /// As many repositories are offered in a list; of more, a part of the path is written.
    static let choices = 100

    let responder: PageResponder
    let operations: Operations
    private let counts = LogLineCounts()

    init(responder: PageResponder, operations: Operations) {
        self.responder = responder
        self.operations = operations
    }

    private var runs: RunOperations { operations.runs }

    func register(on router: some RouterMethods<APIContext>) {
        router.page(.get, .home) { request, context in
            await responder.show(request, context) { try await list(request, $0) }
        }
        router.page(.get, .liveRuns) { request, context in
            await responder.show(request, context) { principal in
                LiveRuns(pages: self, filter: RunFilter(request), principal: principal).response(
                    to: request, from: context.client)
            }
        }
        router.page(.post, .runs) { request, context in
            await responder.act(request, context) { try await start($0, $1) }
        }
        router.page(.get, .run) { request, context in
            await responder.show(request, context) { try await run(request, try context.run(), $0) }
        }
        router.page(.get, .liveRun) { request, context in
            await responder.show(request, context) { principal in
                try await LiveRun(pages: self, run: try context.run(), principal: principal, request: request).response(
                    to: request, from: context.client)
            }
        }
        router.page(.get, .log) { request, context in
            await responder.show(request, context) { try await logPiece(request, context, $0) }
        }
        router.page(.post, .cancelRun) { request, context in
            await responder.act(request, context) { _, principal in
                let run = try await runs.cancel(try context.run(), as: principal)
                return .redirect(to: PagePath.run.path([run.summary.id.rawValue]), type: .normal)
            }
        }
        router.page(.post, .verdict) { request, context in
            await responder.act(request, context) { form, principal in
                let step = form.text("step").flatMap { Int($0) } ?? 0
                let verdict = VerdictRequest(
                    approves: form.text("verdict") == "approve", reason: form.text("reason"))
                let run = try await runs.decide(step, of: try context.run(), verdict, by: principal)
                return .redirect(to: PagePath.run.path([run.summary.id.rawValue]), type: .normal)
            }
        }
        router.page(.post, .rerun) { request, context in
            await responder.act(request, context) { _, principal in
                let run = try await runs.rerun(try context.run(), as: principal)
                return .redirect(to: PagePath.run.path([run.summary.id.rawValue]), type: .normal)
            }
        }
        router.page(.get, .process) { request, context in
            await responder.show(request, context) { principal in
                let digest = try context.part("digest")
                let document = try await operations.components.process(digest, as: principal)
                return responder.page(
                    "process", "Process", ["digest": digest, "document": JSONLayout.tidy(document)], for: principal)
            }
        }
    }

    /// The log of a step as pages show it.
    func log(_ run: RunView, _ step: StepView, as principal: Principal) throws -> LogChunks {
        let log = try runs.log(of: run, step, as: principal)
        return LogChunks(run: run.summary.id, step: step, counts: counts) { try await log.read(from: $0, limit: $1) }
    }

    private func list(_ request: Request, _ principal: Principal) async throws -> Response {
        let filter = RunFilter(request)
        let found = try await runs.list(
            filter.query, before: filter.before, limit: Self.pageSize, as: principal)
        if found.items.isEmpty, let search = try await search(filter, principal) {
            return .redirect(to: search, type: .normal)
        }
        let now = Timestamp.now
        let repositories = try await operations.repositories.paths(limit: Self.choices, as: principal)
        var content = filter.content(repositories: repositories?.map(\.rawValue), next: found.next)
        content["rows"] = found.items.map { RunRow($0, now: now) }
        return responder.page("runs", "Runs", content, section: .runs, for: principal)
    }

    /// Where those are whose path has in it what was written as a repository, unless it is one.
    private func search(_ filter: RunFilter, _ principal: Principal) async throws -> String? {
        let repositories = operations.repositories
        guard let path = filter.repository, try await repositories.source(of: path, as: principal) == nil else {
            return nil
        }
        let count = try await repositories.search(path.rawValue, from: 0, limit: 1, as: principal).count
        return count > 0 ? PagePath.repositories.path(query: [("q", path.rawValue)]) : nil
    }

    private func run(_ request: Request, _ id: RunID, _ principal: Principal) async throws -> Response {
        let view = try await runs.view(id, as: principal)
        let wanted = request.uri.queryParameters["step"].flatMap { Int($0) }
        let piece = request.uri.queryParameters["chunk"].flatMap { Int($0) }
        let loaded = try await RunPage.load(view, wanted: wanted, piece: piece) {
            try log(view, $0, as: principal)
        }
        let title = "\(view.summary.repository) #\(view.summary.number) \(view.summary.state.word)"
        return responder.page(
            "run", title, loaded.content(.now, for: principal), section: .runs, for: principal)
    }

    private func start(_ form: WebForm, _ principal: Principal) async throws -> Response {
        let path = RepositoryPath(rawValue: form.text("repository") ?? "")
        if let problem = path.problem { throw OperationError.invalid("malformed_repository", problem) }
        let event = try form.text("event").map { text in
            guard let event = Event(rawValue: text) else {
                throw OperationError.invalid("malformed_event", "“\(text)” is not an event")
            }
            return event
        }
        let run = try await runs.start(
            RunRequest(
                repository: path, ref: form.text("ref"), event: event, target: form.text("target"),
                cron: form.text("cron"), component: form.text("component")), as: principal)
        return .redirect(to: PagePath.run.path([run.summary.id.rawValue]), type: .normal)
    }

    /// One piece of a log, for the page that has those after it: by its number, or by a line that it has.
    private func logPiece(
        _ request: Request, _ context: APIContext, _ principal: Principal
    ) async throws -> Response {
        let view = try await runs.view(try context.run(), as: principal)
        let number = context.parameters.get("step").flatMap { Int($0) }
        guard let step = view.stages.flatMap(\.steps).first(where: { $0.id == number }) else {
            throw OperationError(.notFound, "unknown_step", "the run has no such step")
        }
        let log = try log(view, step, as: principal)
        if let line = request.uri.queryParameters["line"].flatMap({ Int($0) }) {
            let piece = try await log.piece(ofLine: line)
            let page = PagePath.run.path(
                [view.summary.id.rawValue], query: [("step", "\(step.id)"), ("chunk", "\(piece)")])
            return .redirect(to: "\(page)#L\(line)", type: .normal)
        }
        let piece = request.uri.queryParameters["chunk"].flatMap { Int($0) } ?? 0
        return .page(try await log.render(only: piece).html)
    }
}
