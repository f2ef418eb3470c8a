import Contracts
import Messaging

/// Another platform on the same broker asks who is there.
struct PlatformInquiryHandler: RequestHandler {
    let reply: PlatformInquiryReply

    func answer(_ request: PlatformInquiry, _ context: MessageContext) async throws -> PlatformInquiryReply { reply }
}
