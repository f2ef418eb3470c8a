import Contracts
import Messaging

/// Another platform on the same broker asks who is there.
struct PlatformInquiryHandler: RequestHandler {
    let platform: String
    let publicURL: String
    let start: PlatformStart

    func answer(_ request: PlatformInquiry, _ context: MessageContext) async throws -> PlatformInquiryReply {
        PlatformInquiryReply(
            platform: platform, publicURL: publicURL, uptime: Int64(start.uptime / .milliseconds(1)))
    }
}
