import Contracts
import Hummingbird

/// `/api/v1/runs`: what ran, runs and waits.
struct RunRoutes {
    let runs: RunOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .runs) { request, context -> Response in
            let query = try Self.query(of: request)
            let limit = try request.integer("limit", default: 50, in: 1...200)
            return try .json(
                try await runs.list(
                    query, before: request.uri.queryParameters["before"].map { RunID(rawValue: String($0)) },
                    limit: limit, as: context.principal))
        }
        group.on(.post, .runs) { request, context -> Response in
            try .json(try await runs.start(try await request.json(), as: context.principal), status: .created)
        }
        group.on(.get, .run) { _, context -> Response in
            try .json(try await runs.view(try context.run(), as: context.principal))
        }
        group.on(.post, .cancelRun) { _, context -> Response in
            try .json(try await runs.cancel(try context.run(), as: context.principal))
        }
        group.on(.post, .verdict) { request, context -> Response in
            let verdict = try await request.json(VerdictRequest.self)
            // No step has the number 0.
            let step = Int(try context.part("step")) ?? 0
            return try .json(
                try await runs.decide(step, of: try context.run(), verdict, by: context.principal))
        }
        group.on(.post, .rerun) { _, context -> Response in
            try .json(try await runs.rerun(try context.run(), as: context.principal), status: .created)
        }
    }

    private static func query(of request: Request) throws -> RunQuery {
        var query = RunQuery()
        if let path = request.uri.queryParameters["repository"] {
            query.repository = RepositoryPath(rawValue: String(path))
        }
        if let text = request.uri.queryParameters["state"] {
            guard let state = RunState(rawValue: String(text)) else {
                let states = RunState.allCases.map(\.rawValue).joined(separator: ", ")
                throw OperationError.invalid("malformed_query", "state=\(text) is not one of \(states)")
            }
            query.state = state
        }
        return query
    }
}
