public import Contracts

/// A plugin's setting: any JSON, or a secret. A step sees it as `PLUGIN_<NAME>`.
public enum Setting: Sendable, Hashable {
    case value(JSONValue)
    /// The name of a secret: `{"from_secret": "token"}`.
    case secret(String)
}

extension Setting: Codable {
    public init(from decoder: any Decoder) throws {
        let value = try JSONValue(from: decoder)
        if case .object(let members) = value, members.count == 1, case .string(let name)? = members["from_secret"] {
            self = .secret(name)
        } else {
            self = .value(value)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .value(let value): try value.encode(to: encoder)
        case .secret(let name): try SecretReference(name: name).encode(to: encoder)
        }
    }
}
