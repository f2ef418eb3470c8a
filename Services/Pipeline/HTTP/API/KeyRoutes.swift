import Contracts
import Hummingbird

/// `/api/v1/keys`: the keys that secrets are sealed with, never their values.
struct KeyRoutes {
    let keys: KeyOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .keys) { _, context -> Response in
            try .json(Page(items: try await keys.all(as: context.principal)))
        }
        group.on(.post, .reseal) { _, context -> Response in
            try .json(try await keys.reseal(as: context.principal))
        }
    }
}
