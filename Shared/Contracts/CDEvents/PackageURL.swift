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
        var text = "pkg:oci/\(Self.encode(name))@\(Self.encode(digest))"
        text += "?repository_url=\(Self.encode(repository, sparing: "/:"))"
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

    private static func encode(_ text: String, sparing spared: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            case _ where spared.utf8.contains(byte):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
