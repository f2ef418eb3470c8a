/// A message between Slipway's executables. Its JSON is the body, its ``type`` the AMQP `type` property.
///
/// A field may be added at any time if it is optional or has a default in decoding: readers ignore what they do not
/// know. Anything else is a new ``version``, and consumers learn it before producers send it.
public protocol Message: Codable, Sendable, Equatable {
    /// The AMQP `type` property, such as `PushReceived`.
    static var type: String { get }
    /// The version this code writes, carried in the header `slipway-version`, 1 where that is missing.
    static var version: Int { get }

    /// The body: what ``Wire/encode(_:)`` gives.
    func json() throws -> [UInt8]
}

extension Message {
    public static var type: String { "\(Self.self)" }
    public static var version: Int { 1 }

    /// The message as it goes over the wire.
    /// - Throws: `EncodingError`.
    public func json() throws -> [UInt8] { Array(try Wire.encode(self)) }
}

/// A message that is answered by direct reply-to.
public protocol Request: Message {
    associatedtype Reply: Codable, Sendable, Equatable
}
