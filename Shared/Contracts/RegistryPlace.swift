/// Where a registry login counts: all of a registry, such as `harbor.example:5000`, or a path of it and what is below, such
/// as `harbor.example/shop`.
public struct RegistryPlace: Sendable, Hashable, CustomStringConvertible {
    /// `docker.io` for images that name none.
    public var host: String
    /// Without slashes at its ends; empty for all of the registry.
    public var path: String

    public init(host: String, path: String = "") {
        self.host = host
        self.path = path
    }

    /// - Parameter text: as ``description`` has it.
    public init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        self.init(host: parts.first.map(String.init) ?? "", path: parts.count > 1 ? String(parts[1]) : "")
    }

    public var description: String { path.isEmpty ? host : "\(host)/\(path)" }

    /// Whether an image is there.
    /// - Parameter image: its path in the registry, such as `shop/web`.
    public func covers(_ image: String, at host: String) -> Bool {
        host == self.host && (path.isEmpty || image == path || image.hasPrefix("\(path)/"))
    }

    /// Whether a text names it, by itself or with what is below it, and not as a part of another name.
    public func isNamed(in text: String) -> Bool {
        var rest = text[...]
        while let range = rest.firstRange(of: description) {
            let before = text[..<range.lowerBound].last
            let behind = rest[range.upperBound...]
            let next = behind.dropFirst().first
            let isEnd =
                switch behind.first {
                case nil: true
                case "." where path.isEmpty, ":" where path.isEmpty: !(next.map(Self.isOfName) ?? false)
                case let character?: !Self.isOfName(character)
                }
            if before.map({ !Self.isOfName($0) && $0 != "." }) ?? true, isEnd { return true }
            rest = rest[rest.index(after: range.lowerBound)...]
        }
        return false
    }

    private static func isOfName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "-" || character == "_"
    }
}
