/// The event itself, as CDEvents 0.5.1 lays it out: a context all events share, a subject, and what Slipway adds.
public struct CDEvent: Codable, Sendable, Equatable {
    public var context: Context
    public var subject: Subject
    /// What CDEvents has no field for: the run, the repository, the commit.
    public var customData: JSONValue?
    /// The form of ``customData``.
    public var customDataContentType: String?

    public init(context: Context, subject: Subject, customData: JSONValue? = nil) {
        self.context = context
        self.subject = subject
        self.customData = customData
        customDataContentType = customData == nil ? nil : "application/json"
    }

    /// What all events share.
    public struct Context: Codable, Sendable, Equatable {
        /// The version of CDEvents, `0.5.1`.
        public var specversion: String
        public var id: MessageID
        public var source: String
        public var type: String
        public var timestamp: Timestamp
        /// The same for all events of one run.
        public var chainId: String?
        /// The events this one follows from.
        public var links: [Link]?

        public init(
            id: MessageID, source: String, type: String, timestamp: Timestamp, chainId: String? = nil,
            links: [Link]? = nil
        ) {
            specversion = "0.5.1"
            self.id = id
            self.source = source
            self.type = type
            self.timestamp = timestamp
            self.chainId = chainId
            self.links = links
        }
    }

    /// A relation to another event.
    public struct Link: Codable, Sendable, Equatable {
        public var linkType: String
        public var linkKind: String?
        public var target: Target?

        public struct Target: Codable, Sendable, Equatable {
            public var contextId: MessageID
        }

        /// This event was triggered by the one with that id.
        public static func triggered(by id: MessageID) -> Link {
            Link(linkType: "RELATION", linkKind: "TRIGGER", target: Target(contextId: id))
        }
    }

    /// What the event is about. Since 0.5 its type is told by the event's type alone.
    public struct Subject: Codable, Sendable, Equatable {
        public var id: String
        public var source: String?
        /// The fields the event's type defines.
        public var content: JSONValue

        public init(id: String, source: String? = nil, content: JSONValue) {
            self.id = id
            self.source = source
            self.content = content
        }
    }
}
