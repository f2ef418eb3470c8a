/// sync asks how to fetch a repository: sync → pipeline, answered at once.
public struct RepositoryLookup: Request {
    public typealias Reply = RepositoryLookupReply

    public var repository: RepositoryPath
    /// The ids of the keys that it can open what is sealed with; `nil` from a sync of an earlier version, which opens what is
    /// bound to nothing.
    public var keys: [String]?

    public init(repository: RepositoryPath, keys: [String]? = nil) {
        self.repository = repository
        self.keys = keys
    }
}

/// In JSON an object with one member, `found` or `unknown`.
public enum RepositoryLookupReply: Sendable, Equatable {
    case found(RepositoryAccess)
    case unknown

    /// Where and how a repository is fetched.
    public struct RepositoryAccess: Codable, Sendable, Equatable {
        public var cloneURL: String
        /// The user Git signs in as, or `nil` for a public repository.
        public var username: String?
        /// The token Git signs in with.
        public var token: SealedSecret?

        public init(cloneURL: String, username: String? = nil, token: SealedSecret? = nil) {
            self.cloneURL = cloneURL
            self.username = username
            self.token = token
        }
    }
}

extension RepositoryLookupReply: Codable {
    private enum CodingKeys: String, CodingKey {
        case found, unknown
    }

    private struct Nothing: Codable {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let access = try container.decodeIfPresent(RepositoryAccess.self, forKey: .found) {
            self = .found(access)
        } else {
            _ = try container.decode(Nothing.self, forKey: .unknown)
            self = .unknown
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .found(let access): try container.encode(access, forKey: .found)
        case .unknown: try container.encode(Nothing(), forKey: .unknown)
        }
    }
}
