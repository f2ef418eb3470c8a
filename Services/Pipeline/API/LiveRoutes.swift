import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import Storage

/// What happens, as it happens: `/api/v1/events`, `/api/v1/runs/{run}/events` and the logs of steps.
struct LiveRoutes {
    let reader: RunReader

    func add(to group: RouterGroup<APIContext>) {
        group.get("events") { request, _ -> Response in
            let watch = reader.store.changes.watch(nil)
            let reader = reader
            return EventStream.response(
                to: request, wakes: watch.wakes, nudge: { watch.nudge() }, end: { watch.end() }
            ) {
                var events: [String] = []
                for run in watch.take().runs.sorted() {
                    if let view = try await reader.view(run) {
                        events.append(try EventStream.event(RunEvent.run(view)))
                    }
                }
                return events
            }
        }
        group.get("runs/:run/events") { request, context -> Response in
            try await events(of: try context.run(), request)
        }
        group.get("runs/:run/steps/:step/log") { request, context -> Response in
            try await log(request, context)
        }
        group.get("runs/:run/steps/:step/times") { request, context -> Response in
            let id = try await stream(request, context)
            let offset = Int64(try request.integer("offset", default: 0, in: 0...Int.max))
            return try .json(try await reader.logs.times(id, from: offset))
        }
    }

    private func events(of run: RunID, _ request: Request) async throws -> Response {
        let logs: RunFollower.Logs
        switch request.uri.queryParameters["logs"] {
        case "none": logs = .none
        case "all": logs = .all
        case "new", nil: logs = .new
        case let other?: throw APIError.badRequest("malformed_query", "logs=\(other) is none of new, all, none")
        }
        guard try await reader.view(run) != nil else { throw RunActions.unknown(run) }
        let follower = Follower(reader.follow(run, logs: logs))
        return EventStream.response(
            to: request, wakes: follower.wakes, nudge: { follower.nudge() }, end: { follower.end() },
            next: { try await follower.next()?.map { try EventStream.event($0) } })
    }

    /// `offset` is in bytes. As plain text what is there now; with `follow=1` events `{"offset": …, "text": …}` until
    /// the step's log is complete.
    private func log(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try await stream(request, context)
        let offset = Int64(try request.integer("offset", default: 0, in: 0...Int.max))
        guard request.uri.queryParameters["follow"] == "1" else { return plain(id, from: offset) }
        let follower = LogFollower(id: id, position: offset, reader: reader)
        return EventStream.response(
            to: request, wakes: follower.wakes, nudge: { follower.nudge() }, end: { follower.end() },
            next: { try await follower.next()?.map { try EventStream.event($0) } })
    }

    /// The log that is asked for: a step's, of its newest attempt unless another is named.
    private func stream(_ request: Request, _ context: APIContext) async throws -> LogStreamID {
        let run = try context.run()
        let text = try context.part("step")
        guard let number = Int(text), let step = try await step(number, of: run) else {
            throw APIError.notFound("unknown_step", "the run “\(run)” has no step \(text)")
        }
        let attempt = try request.integer("attempt", default: step.attempt, in: 0...1_000_000)
        return LogStreamID(run: run, step: number, attempt: attempt)
    }

    private func step(_ number: Int, of run: RunID) async throws -> StepRecord? {
        try await reader.store.read { database in
            let runs = RunStore(database: database)
            guard try runs.summary(run) != nil else { throw RunActions.unknown(run) }
            return try runs.step(number, of: run)
        }
    }

    private func plain(_ id: LogStreamID, from offset: Int64) -> Response {
        let logs = reader.logs
        let body = ResponseBody { writer in
            var position = offset
            while true {
                let bytes = try await logs.read(id, from: position, limit: 256 << 10)
                if bytes.isEmpty { break }
                position += Int64(bytes.count)
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8", .cacheControl: "no-store",
                // A log may hold what looks like a page.
                .xContentTypeOptions: "nosniff",
            ], body: body)
    }
}
