/// A file descriptor and what is awaited of it, or, when handed to a watch's handler, what it is ready for.
public struct Descriptor: Sendable, Hashable {
    /// What a descriptor is watched for, or is ready for.
    public struct Events: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// A read does not block. Also reported when the peer has closed its side.
        public static let readable = Events(rawValue: 1)
        /// A write does not block.
        public static let writable = Events(rawValue: 2)
        /// The descriptor is broken or closed. Always reported, never asked for.
        public static let failed = Events(rawValue: 4)
    }

    public var fileDescriptor: Int32
    public var events: Events

    public init(_ fileDescriptor: Int32, _ events: Events) {
        self.fileDescriptor = fileDescriptor
        self.events = events
    }
}
