/// A message between Slipway's executables. Its JSON is the body, its ``type`` the AMQP `type` property.
///
/// A field may be added at any time if it is optional or has a default in decoding: readers ignore what they do not
/// know. Anything else is a new ``version``: a new case of an enumeration, a field that changes what the others mean, a field
/// that must not be ignored. A reader that does not know the version holds the message until it is updated, and handles none
/// of it.
public protocol Message: Codable, Sendable, Equatable {
    /// The AMQP `type` property, such as `PushReceived`.
    static var type: String { get }
    /// The version this code writes, carried in the header `slipway-version`, 1 where that is missing.
    static var version: Int { get }
    /// The version that a reader has to know to understand this one message: ``version`` unless it says nothing that the
    /// versions before could not say. Told apart, only what is new waits for readers to be updated.
    var neededVersion: Int { get }

    /// The body: what ``Wire/encode(_:)`` gives.
    func json() throws -> [UInt8]
}

extension Message {
    public static var type: String { "\(Self.self)" }
    public static var version: Int { 1 }
    public var neededVersion: Int { Self.version }

    /// The message as it goes over the wire.
    /// - Throws: `EncodingError`.
    public func json() throws -> [UInt8] { Array(try Wire.encode(self)) }
}

/// A message that is answered by direct reply-to.
public protocol Request: Message {
    associatedtype Reply: Codable, Sendable, Equatable
}
