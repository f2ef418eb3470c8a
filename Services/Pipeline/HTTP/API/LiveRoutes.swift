import Contracts
import HTTPTypes
import Hummingbird
import NIOCore

/// What happens, as it happens: `/api/v1/events`, `/api/v1/runs/{run}/events` and the logs of steps.
struct LiveRoutes {
    let runs: RunOperations
    let sessions: BrowserSessions

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .events) { request, context -> Response in
            let principal = context.principal
            let watch = runs.changes(as: principal)
            let admission = sessions.admission(of: request, from: context.client, as: context.principal)
            return EventStream.response(to: request, watch, while: admission) { [runs] in
                var events: [EventStream.Event] = []
                for run in watch.take().runs.sorted() {
                    guard let view = try await runs.latest(run, as: principal) else { continue }
                    events.append(try .init(RunEvent.run(view)))
                }
                return events
            }
        }
        group.on(.get, .runEvents) { request, context -> Response in
            try await events(request, context)
        }
        group.on(.get, .log) { request, context -> Response in
            try await log(request, context)
        }
        group.on(.get, .logTimes) { request, context -> Response in
            let log = try await find(request, context)
            return try .json(try await log.times(from: try offset(request)))
        }
    }

    private func events(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let logs: RunFollower.Logs
        switch request.uri.queryParameters["logs"] {
        case "none": logs = .none
        case "all": logs = .all
        case "new", nil: logs = .new
        case let other?: throw OperationError.invalid("malformed_query", "logs=\(other) is not one of new, all, none")
        }
        let follower = try await runs.follow(try context.run(), logs: logs, as: context.principal)
        let admission = sessions.admission(of: request, from: context.client, as: context.principal)
        return EventStream.response(to: request, follower.watch, while: admission) {
            try await follower.next()?.map { try EventStream.Event($0) }
        }
    }

    /// `offset` is in bytes. As plain text what is there now; with `follow=1` events `{"offset": …, "text": …}` until
    /// the step's log is complete.
    private func log(_ request: Request, _ context: SignedInContext) async throws -> Response {
        let log = try await find(request, context)
        let offset = try offset(request)
        guard try request.integer("follow", default: 0, in: 0...1) == 1 else { return plain(log, from: offset) }
        let follower = log.follow(from: offset)
        let admission = sessions.admission(of: request, from: context.client, as: context.principal)
        return EventStream.response(to: request, follower.watch, while: admission) {
            try await follower.next()?.map { try EventStream.Event($0) }
        }
    }

    private func offset(_ request: Request) throws -> Int64 {
        Int64(try request.integer("offset", default: 0, in: 0...Int.max))
    }

    /// The log that is asked for: a step's, of its newest attempt unless another is named.
    private func find(_ request: Request, _ context: SignedInContext) async throws -> StepLog {
        let run = try context.run()
        let text = try context.part("step")
        let attempt = try request.uri.queryParameters["attempt"].map { _ in
            try request.integer("attempt", default: 0, in: 0...1_000_000)
        }
        // No step has the number 0.
        return try await runs.log(of: run, step: Int(text) ?? 0, attempt: attempt, as: context.principal)
    }

    private func plain(_ log: StepLog, from offset: Int64) -> Response {
        let body = ResponseBody { writer in
            var position = offset
            while true {
                let bytes = try await log.read(from: position, limit: 256 << 10)
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
