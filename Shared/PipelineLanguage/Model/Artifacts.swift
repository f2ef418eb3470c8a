/// Files a step leaves for people and for later stages.
public struct Artifacts: Sendable, Hashable {
    public enum Occasion: String, Codable, Sendable, CaseIterable {
        case success, failure, always
    }

    /// The archive's name; `nil` for the step's.
    public var name: String?
    /// Globs relative to the workspace.
    public var paths: [String]
    /// How long they are kept, in seconds, or `nil` for the platform's time.
    public var keep: Int?
    /// After which outcome they are stored.
    public var when: Occasion

    public init(name: String? = nil, paths: [String], keep: Int? = nil, when: Occasion = .success) {
        self.name = name
        self.paths = paths
        self.keep = keep
        self.when = when
    }
}

extension Artifacts: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, paths, keep, when
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        paths = try container.decode([String].self, forKey: .paths)
        keep = try container.decodeIfPresent(Int.self, forKey: .keep)
        when = try container.decode(.when, default: .success)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(name, forKey: .name)
        try container.encode(paths, forKey: .paths)
        try container.encodeIfPresent(keep, forKey: .keep)
        try container.encode(when, forKey: .when, unless: .success)
    }
}
