import Contracts
import HTTPTypes
import Hummingbird
import WebServer

/// Keeps a run's page live: its head, its steps, and the log of the step it shows as it grows. A page that names no step
/// is taken along from step to step.
actor LiveRun {
    private let pages: RunPages
    private let run: RunID
    private let principal: Principal
    private let wanted: Int?
    /// What the page shows: a step, its attempt, the end of its lines in bytes and the number of the next.
    private var cursor: Cursor?
    private var sent: [String: String] = [:]
    private var picture: Picture?
    private var isOver = false

    /// What the parts around the log are drawn from.
    private struct Picture: Equatable {
        var view: RunView
        var shown: Int?

        init(_ view: RunView, shown: Int?) {
            self.view = view
            self.shown = shown
            for stage in view.stages.indices {
                for step in view.stages[stage].steps.indices { self.view.stages[stage].steps[step].logBytes = 0 }
            }
        }
    }

    private struct Cursor {
        var step: Int
        var attempt: Int
        var end: Int64
        var line: Int

        var text: String { "\(step).\(attempt).\(end).\(line)" }

        init(step: Int, attempt: Int, end: Int64, line: Int) {
            (self.step, self.attempt, self.end, self.line) = (step, attempt, end, line)
        }

        /// From an event's id, as the browser sends it back.
        init?(_ text: String?) {
            let parts = (text ?? "").split(separator: ".").map { Int64($0) }
            guard parts.count == 4, let step = parts[0], let attempt = parts[1], let end = parts[2],
                let line = parts[3]
            else { return nil }
            self.init(step: Int(step), attempt: Int(attempt), end: max(0, end), line: Int(max(1, line)))
        }
    }

    private struct Lines: Encodable {
        var step: Int
        var html: String
    }

    init(pages: RunPages, run: RunID, principal: Principal, request: Request) {
        self.pages = pages
        self.run = run
        self.principal = principal
        let query = request.uri.queryParameters
        wanted = query["wanted"].flatMap { Int($0) }
        let shown = ["step", "attempt", "end", "line"].map { query[Substring($0)].map(String.init) ?? "" }
        cursor = Cursor(request.headers[Self.lastEventID]) ?? Cursor(shown.joined(separator: "."))
    }

    private static let lastEventID = HTTPField.Name(parsed: "last-event-id") ?? .ifMatch
    private var templates: WebPages { pages.responder.templates }

    nonisolated func response(to request: Request, from client: Client) async throws -> Response {
        let watch = try await pages.operations.runs.changes(of: run, as: principal)
        let end = EventStream.Event(name: "end", data: "")
        let admission = pages.responder.sessions.admission(of: request, from: client, as: principal)
        return EventStream.response(
            to: request, watch, pause: .milliseconds(50), farewell: end, while: admission
        ) {
            try await self.next()
        }
    }

    private func next() async throws -> [EventStream.Event]? {
        if isOver { return nil }
        guard let view = try await pages.operations.runs.latest(run, as: principal) else { return nil }
        let now = Timestamp.now
        let steps = view.stages.flatMap(\.steps)
        let step = wanted.flatMap { id in steps.first { $0.id == id } } ?? LogPanel.choose(view)
        var events: [EventStream.Event] = []
        // Times go on in the page by themselves, and a log that grows changes nothing but the log.
        let picture = Picture(view, shown: step?.id)
        if picture != self.picture {
            self.picture = picture
            let list = RunStepList(view, selected: step?.id, now: now)
            part("run-head", templates.part("run-head", RunHead(view.summary, now: now)), &events)
            part("steps", templates.part("run-steps", list), &events)
            part("why", templates.part("run-why", RunWhy(view)), &events)
            let actions = RunPage(view: view, step: step, wanted: wanted, log: .init()).actions(for: principal)
            part("actions", templates.part("run-actions", actions), &events)
        }
        if let step { try await log(step, of: view, &events) }
        isOver = view.summary.state.isFinal && steps.allSatisfy { $0.id != step?.id || $0.logBytes <= cursor?.end ?? 0 }
        return events
    }

    private func part(_ name: String, _ html: String, _ events: inout [EventStream.Event]) {
        guard sent[name] != html else { return }
        sent[name] = html
        events.append(.init(name: name, data: html))
    }

    private func log(_ step: StepView, of view: RunView, _ events: inout [EventStream.Event]) async throws {
        guard var cursor, cursor.step == step.id, cursor.attempt == step.attempt else {
            // Another step than before: the whole of its panel.
            let page = try await RunPage.load(view, wanted: step.id, piece: nil) { [pages, principal] in
                try pages.log(view, $0, as: principal)
            }
            let panel = LogPanel(view, step: page.step, wanted: wanted, log: page.log)
            let next = Cursor(step: step.id, attempt: step.attempt, end: page.log.end, line: page.log.nextLine)
            self.cursor = next
            sent["log-head"] = nil
            events.append(.init(name: "log", data: templates.part("log", panel), id: next.text))
            return
        }
        var rendered = LogChunks.Rendered()
        rendered.html = cursor.line > 1 ? " " : ""
        let stored = try pages.operations.runs.log(of: view, step, as: principal)
        while cursor.end < step.logBytes {
            let bytes = try await stored.read(from: cursor.end, limit: 256 << 10)
            var lines = LogLines(first: cursor.line)
            let isEnd = step.state.isFinal && cursor.end + Int64(bytes.count) >= step.logBytes
            let used = lines.render(bytes[...], isEnd: isEnd || bytes.count == 256 << 10)
            guard used > 0 else { break }
            cursor.end += Int64(used)
            cursor.line = lines.next
            rendered.html = " "
            events.append(try .init(Lines(step: step.id, html: lines.text), name: "lines", id: cursor.text))
        }
        self.cursor = cursor
        let panel = LogPanel(view, step: step, wanted: wanted, log: rendered)
        part("log-head", templates.part("log-head", panel), &events)
    }
}
