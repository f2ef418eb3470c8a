import FoundationEssentials

/// How Git signs in over HTTP. It reaches Git through its environment alone: an argument or an address would show in
/// the process list and in Git's own messages.
public enum GitCredential: Sendable, Hashable, CustomStringConvertible {
    case none
    case basic(username: String, password: String)
    case bearer(String)

    /// The header's value, or `nil`.
    var header: String? {
        switch self {
        case .none: nil
        case .basic(let username, let password):
            "Authorization: Basic \(Data("\(username):\(password)".utf8).base64EncodedString())"
        case .bearer(let token): "Authorization: Bearer \(token)"
        }
    }

    /// What a credential helper reads.
    var variables: [String: String] {
        guard case .basic(let username, let password) = self else { return [:] }
        return ["SLIPWAY_GIT_USERNAME": username, "SLIPWAY_GIT_PASSWORD": password]
    }

    /// The texts that must not show anywhere.
    var secrets: [String] {
        switch self {
        case .none: []
        case .basic(_, let password): [password, header?.split(separator: " ").last.map(String.init) ?? ""]
        case .bearer(let token): [token]
        }
    }

    public var description: String {
        switch self {
        case .none: "none"
        case .basic(let username, _): "basic(\(username))"
        case .bearer: "bearer"
        }
    }
}
