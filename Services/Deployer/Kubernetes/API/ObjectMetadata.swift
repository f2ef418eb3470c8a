/// What of an object's `metadata` a rollout needs.
struct ObjectMetadata: Codable, Sendable, Hashable {
    var name = ""
    var namespace: String?
    var uid: String?
    var resourceVersion: String?
    /// Grows with every change of the `spec`.
    var generation: Int64?
    var labels: [String: String]?
    var annotations: [String: String]?
    var ownerReferences: [OwnerReference]?
    var creationTimestamp: String?
    var deletionTimestamp: String?

    struct OwnerReference: Codable, Sendable, Hashable {
        var kind: String
        var name: String
        var uid: String
        var controller: Bool?
    }
}

/// An object with a name.
protocol KubernetesObject: Codable, Sendable {
    var metadata: ObjectMetadata { get }
}

/// A list, with the version of the collection a watch goes on from.
struct ObjectList<Item: Codable & Sendable>: Codable, Sendable {
    var metadata: Metadata
    var items: [Item]

    struct Metadata: Codable, Sendable {
        var resourceVersion: String?
    }
}

/// An object of which only the name matters.
struct NamedObject: KubernetesObject {
    var metadata: ObjectMetadata
}

/// The body of an answer that is no success.
struct StatusObject: Codable, Sendable {
    var message: String?
    var reason: String?
    var code: Int?
}
