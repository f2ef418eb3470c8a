import Contracts
import Messaging

/// Another platform on the same broker asks who is there.
struct PlatformInquiryHandler: RequestHandler {
    let platform: String
    let publicURL: String
    let start: PlatformStart
    /// Told of one that has another database.
    let refused: @Sendable (_ platform: String) -> Void

    func answer(_ request: PlatformInquiry, _ context: MessageContext) async throws -> PlatformInquiryReply {
        if request.platform != platform { refused(request.platform) }
        return PlatformInquiryReply(
            platform: platform, publicURL: publicURL, uptime: Int64(start.uptime / .milliseconds(1)))
    }
}
