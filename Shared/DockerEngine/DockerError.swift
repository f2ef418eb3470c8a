/// Why the Docker Engine or a registry did not do what it was asked.
public struct DockerError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nobody answers at the socket or the registry's address.
        case unreachable
        /// No such image, container, network, volume or manifest.
        case notFound
        /// The name is taken, or the thing is not in a state that allows this.
        case conflict
        /// The engine does not accept the request as it is.
        case badRequest
        /// The registry wants a login, or another one.
        case unauthorized
        /// The registry's certificate is not signed by an authority that is trusted, or not for its host.
        case untrusted
        /// A step of the Dockerfile failed.
        case buildFailed
        /// The registry did not take or give the image.
        case transferFailed
        /// The build context cannot be read or reaches outside of its folder.
        case context
        /// The engine failed.
        case engine
        /// What came back cannot be understood.
        case protocolViolation
        /// The task that waited was cancelled.
        case cancelled
    }

    public let code: Code
    /// In plain words, with the name of what it is about; never with credentials.
    public let message: String
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = Self.shortened(message)
        self.cause = cause
    }

    public var description: String {
        guard let cause else { return message }
        return "\(message): \(cause)"
    }
}

extension DockerError {
    /// Whether the same may go well a little later: the registry is overloaded, restarting or out of reach.
    public var isTransient: Bool {
        guard code == .transferFailed else { return false }
        let words = message.lowercased()
        return [
            "toomanyrequests", "too many requests", " 429", " 500", " 502", " 503", " 504", "internal server error",
            "bad gateway", "service unavailable", "gateway timeout", "connection refused", "connection reset",
            "broken pipe", "unexpected eof", ": eof", "i/o timeout", "handshake timeout", "deadline exceeded",
        ].contains { words.contains($0) }
    }

    /// The ids of containers and networks as `docker ps` shows them, with 12 of their 64 digits. Digests stay whole.
    static func shortened(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let digest = Array("sha256:".utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let end = bytes[index...].firstIndex { !isHexadecimal($0) } ?? bytes.count
            if end - index == 64, !result.suffix(digest.count).elementsEqual(digest) {
                result += bytes[index..<index + 12]
            } else {
                result += bytes[index..<end]
            }
            if end < bytes.count { result.append(bytes[end]) }
            index = end + 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
