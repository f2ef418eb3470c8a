import Contracts
import Hummingbird

/// `/api/v1/people`, `/me` and `/sessions`.
struct PersonRoutes {
    let people: PeopleOperations
    let signIns: SignInOperations
    let sessions: SessionOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .people) { _, context -> Response in
            try .json(Page(items: try await people.all(as: context.principal)))
        }
        group.on(.post, .people) { request, context -> Response in
            let person = try await request.json(PersonRequest.self)
            return try .json(try await people.invite(person, as: context.principal), status: .created)
        }
        group.on(.put, .person) { request, context -> Response in
            let change = try await request.json(PersonChange.self)
            return try .json(
                try await people.change(try context.part("name"), change, as: context.principal))
        }
        group.on(.post, .personLink) { _, context -> Response in
            let link = try await people.link(for: try context.part("name"), as: context.principal)
            return try .json(link, status: .created)
        }
        group.on(.get, .me) { _, context -> Response in
            try .json(try await people.me(as: context.principal))
        }
        group.on(.put, .password) { request, context -> Response in
            _ = try await signIns.changePassword(
                try await request.json(PasswordRequest.self, limit: Request.strangerLimit), as: context.principal,
                from: Visitor(request, context.client))
            return .noContent
        }
        group.on(.get, .sessions) { request, context -> Response in
            let name = request.uri.queryParameters["person"].map(String.init)
            return try .json(Page(items: try await sessions.all(of: name, as: context.principal)))
        }
        group.on(.delete, .oneSession) { _, context -> Response in
            try await sessions.end(try context.part("id"), as: context.principal)
            return .noContent
        }
    }
}
