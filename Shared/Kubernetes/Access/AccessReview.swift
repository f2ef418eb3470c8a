import Contracts

/// A right in a namespace, as a role grants it.
public struct AccessRight: Sendable, Hashable {
    public var verb: String
    /// Empty for the core group.
    public var group: String
    /// Such as `deployments`, or `pods/log`.
    public var resource: String
    /// The one object it is for; `nil` for all of the kind.
    public var name: String?

    public init(verb: String, group: String, resource: String, name: String? = nil) {
        (self.verb, self.group, self.resource, self.name) = (verb, group, resource, name)
    }

    public var description: String {
        let what = group.isEmpty ? resource : "\(resource).\(group)"
        return "\(verb) \(what)"
    }
}

/// Asks the cluster which rights the account has, before one that is missing shows as a failure half way.
public struct AccessReview: Sendable {
    private let client: KubernetesClient
    private let namespace: String

    public init(client: KubernetesClient, namespace: String) {
        (self.client, self.namespace) = (client, namespace)
    }

    private static let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

    private struct Answer: Decodable, Sendable {
        var status: Status?

        struct Status: Decodable, Sendable {
            var allowed: Bool
        }
    }

    /// Those of the rights the account does not have, in their order.
    /// - Throws: ``KubernetesError`` where the cluster does not answer.
    public func missing(of rights: [AccessRight]) async throws(KubernetesError) -> [AccessRight] {
        let answers = await withTaskGroup(of: (Int, Result<Bool, KubernetesError>).self) { group in
            for (number, right) in rights.enumerated() {
                group.addTask { (number, await isAllowed(right)) }
            }
            var answers: [Int: Result<Bool, KubernetesError>] = [:]
            for await (number, answer) in group { answers[number] = answer }
            return answers
        }
        var missing: [AccessRight] = []
        for (number, right) in rights.enumerated() where try answers[number]?.get() == false { missing.append(right) }
        return missing
    }

    private func isAllowed(_ right: AccessRight) async -> Result<Bool, KubernetesError> {
        let parts = right.resource.split(separator: "/", maxSplits: 1).map(String.init)
        var attributes: [String: JSONValue] = [
            "namespace": .string(namespace), "verb": .string(right.verb), "group": .string(right.group),
            "resource": .string(parts[0]),
        ]
        if parts.count == 2 { attributes["subresource"] = .string(parts[1]) }
        if let name = right.name { attributes["name"] = .string(name) }
        let review: JSONValue = [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": ["resourceAttributes": .object(attributes)],
        ]
        do throws(KubernetesError) {
            return .success(try await client.create(Self.path, review, as: Answer.self).status?.allowed ?? true)
        } catch {
            return .failure(error)
        }
    }
}
