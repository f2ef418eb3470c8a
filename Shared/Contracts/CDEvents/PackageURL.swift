import Text

/// An artifact by its content: a package URL of type `oci`
/// (`pkg:oci/web@sha256%3A…?repository_url=registry.example/shop/web`). The tags it goes by are no part of it, so that
/// what was published and what is deployed have the same name.
public struct PackageURL: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// - Parameters:
    ///   - repository: with its registry, such as `registry.example:5000/shop/web`.
    ///   - digest: such as `sha256:0b31…`.
    public init(repository: String, digest: String) {
        let name = repository.split(separator: "/").last.map { String($0).lowercased() } ?? ""
        var text = "pkg:oci/\(PercentCoding.encode(name))@\(PercentCoding.encode(digest))"
        text += "?repository_url=\(PercentCoding.encode(repository, keeping: "/:"))"
        self.text = text
    }

    /// The artifact a reference by digest names, or `nil` if `reference` has no digest.
    /// - Parameter reference: such as `registry.example/shop/web@sha256:…`, also with a tag before the `@`.
    public init?(reference: String) {
        guard let at = reference.lastIndex(of: "@") else { return nil }
        let digest = reference[reference.index(after: at)...]
        guard digest.contains(":"), at != reference.startIndex else { return nil }
        var repository = reference[..<at]
        let slash = repository.lastIndex(of: "/") ?? repository.startIndex
        if let colon = repository[slash...].lastIndex(of: ":") {
            repository = repository[..<colon]
        }
        self.init(repository: String(repository), digest: String(digest))
    }

    public var description: String { text }
}
