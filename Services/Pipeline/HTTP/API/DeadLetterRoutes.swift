import Contracts
import Hummingbird

/// `/api/v1/dead`: messages no handler could take, to look at and to send again.
struct DeadLetterRoutes {
    let letters: DeadLetterOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .parkedMessages) { request, context -> Response in
            let limit = try request.integer("limit", default: 50, in: 1...200)
            return try .json(
                try await letters.list(before: try request.cursor(), limit: limit, as: context.principal))
        }
        group.on(.post, .retryParkedMessage) { _, context -> Response in
            try await letters.retry(MessageID(rawValue: try context.part("id")), as: context.principal)
            return Response(status: .accepted)
        }
        group.on(.delete, .parkedMessage) { _, context -> Response in
            try await letters.remove(MessageID(rawValue: try context.part("id")), as: context.principal)
            return .noContent
        }
    }
}
