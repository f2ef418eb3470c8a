import Contracts
import FoundationEssentials
import HTTPClient
import Secrets
import Text

/// How a message proves who sends it.
enum ChannelSignature: String, Sendable, CaseIterable {
    /// A header `X-Signature-256`: `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits.
    case hmac
    /// As Standard Webhooks; the secret is `whsec_` and base64.
    case standard
    /// DingTalk's: milliseconds and the HMAC-SHA256 of them and the secret, in the address.
    case dingtalk
    /// Feishu's: seconds and an HMAC-SHA256 of nothing, keyed by them and the secret, in the body's members `timestamp` and
    /// `sign`.
    case feishu

    /// The values a body may have of it.
    func values(secret: String, at now: Timestamp) -> [String: String] {
        guard self == .feishu else { return [:] }
        let seconds = "\(now.milliseconds / 1000)"
        let key = SigningKey(bytes: "\(seconds)\n\(secret)".utf8)
        return ["timestamp": seconds, "sign": Data(key.sign([])).base64EncodedString()]
    }

    /// Signs a request that has its body.
    func sign(_ request: inout HTTPRequest, _ body: [UInt8], id: MessageID, secret: String, at now: Timestamp) throws {
        switch self {
        case .hmac:
            let signature = SigningKey(bytes: secret.utf8).sign(body)
            request.headers.add("X-Signature-256", "sha256=\(Hex.encode(signature))")
        case .standard:
            let seconds = now.milliseconds / 1000
            request.headers.add(StandardWebhook.Header.id, id.rawValue)
            request.headers.add(StandardWebhook.Header.timestamp, "\(seconds)")
            request.headers.add(
                StandardWebhook.Header.signature,
                try StandardWebhook(secret: secret).sign(id: id.rawValue, timestamp: seconds, body: body))
        case .dingtalk:
            let signature = SigningKey(bytes: secret.utf8).sign("\(now.milliseconds)\n\(secret)".utf8)
            request.url = PercentCoding.address(
                request.url,
                query: [("timestamp", "\(now.milliseconds)"), ("sign", Data(signature).base64EncodedString())])
        case .feishu: break
        }
    }
}
