/// A place steps can share besides the workspace.
public struct Volume: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// Made for the run and gone with it. `medium` may be `memory`; the size is in bytes.
        case temporary(medium: String?, sizeLimit: Int64?)
        /// A directory of the builder's host; only in trusted repositories.
        case host(path: String)
    }

    public var name: String
    public var source: Source

    public init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}

extension Volume: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, host
        case temporary = "temp"
    }

    struct Temporary: Codable {
        var medium: String?
        var sizeLimit: Int64?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case medium
            case sizeLimit = "size_limit"
        }
    }

    struct Host: Codable {
        var path: String
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        if let host = try container.decodeIfPresent(Host.self, forKey: .host) {
            source = .host(path: host.path)
        } else {
            let temporary = try container.decodeIfPresent(Temporary.self, forKey: .temporary)
            source = .temporary(medium: temporary?.medium, sizeLimit: temporary?.sizeLimit)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        switch source {
        case .temporary(let medium, let sizeLimit):
            try container.encode(Temporary(medium: medium, sizeLimit: sizeLimit), forKey: .temporary)
        case .host(let path): try container.encode(Host(path: path), forKey: .host)
        }
    }
}

/// Where a step sees a volume or a device.
public struct Mount: Codable, Sendable, Hashable {
    /// The volume's name.
    public var name: String
    /// Where the step finds it.
    public var path: String

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, path
    }
}
