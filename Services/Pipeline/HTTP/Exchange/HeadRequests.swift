import HTTPTypes
import Hummingbird

/// A router that answers HEAD as it answers GET, without the body (RFC 9110 9.3.2): refusals too, and whatever the
/// middleware around its routes makes of them.
struct HeadRequests<Context: RequestContext>: HTTPResponderBuilder {
    let router: Router<Context>

    func buildResponder() -> CallbackResponder<Context> {
        let responder = router.buildResponder()
        return CallbackResponder { request, context in
            guard request.method == .head else { return try await responder.respond(to: request, context: context) }
            var head = request.head
            head.method = .get
            return try await responder.respond(to: Request(head: head, body: request.body), context: context)
                .createHeadResponse()
        }
    }
}
