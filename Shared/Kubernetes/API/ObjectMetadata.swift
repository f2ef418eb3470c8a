/// What of an object's `metadata` Slipway reads.
public struct ObjectMetadata: Codable, Sendable, Hashable {
    public var name = ""
    public var namespace: String?
    public var uid: String?
    public var resourceVersion: String?
    /// Grows with every change of the `spec`.
    public var generation: Int64?
    public var labels: [String: String]?
    public var annotations: [String: String]?
    public var ownerReferences: [OwnerReference]?
    public var deletionTimestamp: String?
    /// Who changed what of it, and when, by the cluster's clock.
    public var managedFields: [ManagedFields]?

    public init(name: String = "", labels: [String: String]? = nil, annotations: [String: String]? = nil) {
        (self.name, self.labels, self.annotations) = (name, labels, annotations)
    }

    public struct ManagedFields: Codable, Sendable, Hashable {
        public var manager: String?
        public var time: String?
    }

    public struct OwnerReference: Codable, Sendable, Hashable {
        public var kind: String
        public var name: String
        public var uid: String
        public var controller: Bool?
    }
}

/// An object with a name.
public protocol KubernetesObject: Codable, Sendable {
    var metadata: ObjectMetadata { get }
}

/// A list, with the version of the collection a watch goes on from.
public struct ObjectList<Item: Codable & Sendable>: Codable, Sendable {
    public var metadata: Metadata
    public var items: [Item]

    public struct Metadata: Codable, Sendable {
        public var resourceVersion: String?
    }
}

/// An object of which only the name matters.
public struct NamedObject: KubernetesObject {
    public var metadata: ObjectMetadata
}

/// The body of an answer that is no success.
struct StatusObject: Codable, Sendable {
    var message: String?
    var reason: String?
    var code: Int?
}
