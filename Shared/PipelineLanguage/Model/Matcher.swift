/// Globs a value has to match. An exclude that matches wins; an empty include matches everything.
public struct Matcher: Sendable, Hashable {
    public var include: [String]
    public var exclude: [String]

    public init(include: [String] = [], exclude: [String] = []) {
        self.include = include
        self.exclude = exclude
    }
}

extension Matcher: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: String...) { self.init(include: elements) }
}

/// In JSON a list where nothing is excluded, else an object.
extension Matcher: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case include, exclude
    }

    public init(from decoder: any Decoder) throws {
        if let include = try? decoder.singleValueContainer().decode([String].self) {
            self.init(include: include)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            include: try container.decode(.include, default: []), exclude: try container.decode(.exclude, default: []))
    }

    public func encode(to encoder: any Encoder) throws {
        guard !exclude.isEmpty else {
            var container = encoder.singleValueContainer()
            try container.encode(include)
            return
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(include, forKey: .include, unless: [])
        try container.encode(exclude, forKey: .exclude)
    }
}
