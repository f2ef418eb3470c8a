/// A workload of a cluster, written `deployment/web`.
public struct Workload: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        case deployment, statefulset, daemonset
    }

    public var kind: Kind
    public var name: String

    public init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// Reads `deployment/web`; `nil` for anything else. The kind may be short (`deploy`, `sts`, `ds`) or plural.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0].lowercased() {
        case "deployment", "deployments", "deploy": kind = .deployment
        case "statefulset", "statefulsets", "sts": kind = .statefulset
        case "daemonset", "daemonsets", "ds": kind = .daemonset
        default: return nil
        }
        name = String(parts[1])
    }

    public var description: String { "\(kind.rawValue)/\(name)" }
}

extension Workload: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let workload = Workload(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is not a workload such as deployment/web")
        }
        self = workload
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
