import FoundationEssentials

/// Signatures of webhooks as the Standard Webhooks specification has them: HMAC-SHA256 of `id.timestamp.body`, keyed
/// by what follows `whsec_` in base64. GitLab signs this way, and so does Slipway.
public struct StandardWebhook: Sendable {
    /// How far a timestamp may be from now, either way.
    public static let tolerance = Duration.seconds(300)

    /// The headers that a signed webhook has.
    public enum Header {
        public static let id = "webhook-id"
        public static let timestamp = "webhook-timestamp"
        public static let signature = "webhook-signature"
    }

    /// Why a webhook is not taken.
    public enum Refusal: Error, Sendable, Equatable {
        /// The timestamp is no whole number of seconds.
        case malformedTimestamp
        /// It is more than five minutes from now: replayed, or a clock is wrong.
        case outsideWindow
        /// No signature of the header is ours.
        case wrongSignature
    }

    private let key: SigningKey

    /// A key of these bytes.
    public init(key: SigningKey) {
        self.key = key
    }

    /// Reads `whsec_` and base64.
    /// - Throws: ``SecretsError`` that does not hold the value.
    public init(secret: String) throws(SecretsError) {
        guard secret.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(secret.dropFirst(6))),
            bytes.count >= 16
        else {
            throw SecretsError(
                .malformedKey,
                "the signing secret is not whsec_ and at least 16 bytes in base64; make one with "
                    + "echo whsec_$(openssl rand -base64 32)")
        }
        key = SigningKey(bytes: bytes)
    }

    /// The value of ``Header/signature``.
    /// - Parameters:
    ///   - id: the value of ``Header/id``.
    ///   - timestamp: the value of ``Header/timestamp``: seconds since 1970.
    ///   - body: the body, byte for byte as it is sent.
    public func sign(id: String, timestamp: Int64, body: some Collection<UInt8>) -> String {
        "v1,\(Data(signature(id, "\(timestamp)", body)).base64EncodedString())"
    }

    /// Verifies a webhook that came in.
    /// - Parameters:
    ///   - id: the value of ``Header/id``.
    ///   - timestamp: the value of ``Header/timestamp``: seconds since 1970.
    ///   - signatures: the value of ``Header/signature``: several, separated by spaces, while a key is rotated.
    ///   - body: the body, byte for byte as it came in.
    ///   - now: seconds since 1970.
    /// - Throws: ``Refusal``.
    public func verify(
        id: String, timestamp: String, signatures: String, body: some Collection<UInt8>, now: Int64
    ) throws(Refusal) {
        guard let seconds = Int64(timestamp), seconds > 0 else { throw .malformedTimestamp }
        guard abs(now - min(seconds, now + 1_000_000)) <= Self.tolerance.components.seconds else {
            throw .outsideWindow
        }
        let expected = signature(id, timestamp, body)
        // Every signature is looked at, so that the time does not tell which one matched.
        var matches = false
        for candidate in signatures.split(separator: " ") where candidate.hasPrefix("v1,") {
            guard let given = Data(base64Encoded: String(candidate.dropFirst(3))) else { continue }
            if constantTimeEquals(expected, given) { matches = true }
        }
        guard matches else { throw .wrongSignature }
    }

    private func signature(_ id: String, _ timestamp: String, _ body: some Collection<UInt8>) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(id.utf8.count + timestamp.utf8.count + 2 + body.count)
        message.append(contentsOf: id.utf8)
        message.append(UInt8(ascii: "."))
        message.append(contentsOf: timestamp.utf8)
        message.append(UInt8(ascii: "."))
        message.append(contentsOf: body)
        return key.sign(message)
    }
}
