import Contracts
import Hummingbird
import Storage

/// `/api/v1/dead`: messages no handler could take, to look at and to send again.
struct DeadLetterRoutes {
    let store: PipelineStore

    func add(to group: RouterGroup<APIContext>) {
        group.get("dead") { request, _ -> Response in
            let limit = try request.integer("limit", default: 50, in: 1...200)
            let before = try request.cursor()
            return try .json(
                try await store.read { try DeadLetterStore(database: $0).page(before: before, limit: limit) })
        }
        group.post("dead/:id/retry") { _, context -> Response in
            try await retry(MessageID(rawValue: try context.part("id")))
            return Response(status: .accepted)
        }
        group.delete("dead/:id") { _, context -> Response in
            let id = MessageID(rawValue: try context.part("id"))
            try await store.write { transaction in
                let letters = DeadLetterStore(database: transaction.database)
                guard try letters.find(id) != nil else { throw Self.unknown(id) }
                try letters.remove(id)
            }
            return .noContent
        }
    }

    /// Sends a parked message to the queue it came from once more.
    func retry(_ id: MessageID) async throws {
        try await store.write { transaction in
            let letters = DeadLetterStore(database: transaction.database)
            guard let letter = try letters.find(id) else { throw Self.unknown(id) }
            try transaction.outbox.append(letter.again, now: transaction.now, in: transaction.database)
            try letters.remove(id)
        }
    }

    private static func unknown(_ id: MessageID) -> APIError {
        .notFound("unknown_message", "no message “\(id)” is parked")
    }
}
