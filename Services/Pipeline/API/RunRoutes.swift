import Contracts
import HTTPTypes
import Hummingbird
import Storage

/// `/api/v1/runs`: what ran, runs and waits.
struct RunRoutes {
    let reader: RunReader
    let actions: RunActions

    func add(to group: RouterGroup<APIContext>) {
        group.get("runs") { request, _ -> Response in
            let filter = try Self.filter(of: request)
            let limit = try request.integer("limit", default: 50, in: 1...200)
            return try .json(try await reader.list(filter, before: try request.cursor(), limit: limit))
        }
        group.post("runs") { request, _ -> Response in
            try .json(try await actions.start(try await request.json()), status: .created)
        }
        group.get("runs/:run") { _, context -> Response in
            try .json(try await view(context))
        }
        group.post("runs/:run/cancel") { _, context -> Response in
            try .json(try await actions.cancel(try context.run()))
        }
        group.post("runs/:run/again") { _, context -> Response in
            try .json(try await actions.again(try context.run()), status: .created)
        }
    }

    private func view(_ context: APIContext) async throws -> RunView {
        let id = try context.run()
        guard let view = try await reader.view(id) else { throw RunActions.unknown(id) }
        return view
    }

    private static func filter(of request: Request) throws -> RunStore.Filter {
        var filter = RunStore.Filter()
        if let path = request.uri.queryParameters["repository"] {
            filter.repository = RepositoryPath(rawValue: String(path))
        }
        if let text = request.uri.queryParameters["state"] {
            guard let state = RunState(rawValue: String(text)) else {
                let states = RunState.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIError.badRequest("malformed_query", "state=\(text) is none of \(states)")
            }
            filter.state = state
        }
        return filter
    }
}

extension APIContext {
    func run() throws -> RunID { RunID(rawValue: try part("run")) }
}
