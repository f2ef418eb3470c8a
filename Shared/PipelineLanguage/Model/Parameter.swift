/// Something that may be chosen when a run is started, and that the process refers to as `${parameters.name}` or
/// `${name}`.
public struct Parameter: Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        case string, number, boolean
    }

    public var kind: Kind
    /// What holds where nothing is given; without one a value has to be given.
    public var standard: String?
    /// If not empty, the only values allowed.
    public var allowed: [String]
    /// For people.
    public var description: String?

    public init(
        kind: Kind = .string, standard: String? = nil, allowed: [String] = [], description: String? = nil
    ) {
        self.kind = kind
        self.standard = standard
        self.allowed = allowed
        self.description = description
    }
}

extension Parameter: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case description
        case kind = "type"
        case standard = "default"
        case allowed = "values"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(.kind, default: .string)
        standard = try container.decodeIfPresent(String.self, forKey: .standard)
        allowed = try container.decode(.allowed, default: [])
        description = try container.decodeIfPresent(String.self, forKey: .description)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind, unless: .string)
        try container.encodeIfPresent(standard, forKey: .standard)
        try container.encode(allowed, forKey: .allowed, unless: [])
        try container.encodeIfPresent(description, forKey: .description)
    }
}
