/// What a variable holds: text, or a secret that only the worker learns.
public enum Value: Sendable, Hashable {
    case text(String)
    /// The name of a secret: `{"from_secret": "token"}`.
    case secret(String)

    /// The name of the secret, or `nil` for text.
    public var secretName: String? {
        guard case .secret(let name) = self else { return nil }
        return name
    }
}

extension Value: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
}

/// The shape of a reference to a secret in JSON.
struct SecretReference: Codable {
    var name: String

    enum CodingKeys: String, CodingKey {
        case name = "from_secret"
    }
}

extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = .text(text)
        } else {
            self = .secret(try SecretReference(from: decoder).name)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .secret(let name): try SecretReference(name: name).encode(to: encoder)
        }
    }
}
