import Hummingbird

/// What is known of one request.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// How the caller signed in; `nil` before it is known.
    var credential: Access.Credential?

    init(source: Source) {
        coreContext = .init(source: source)
    }
}
