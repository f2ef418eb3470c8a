import FoundationEssentials

/// The certificate authorities a service trusts where ``CommonSettings/certificateAuthority`` adds one: those
/// of the system and that one.
public struct TrustedCertificates: Sendable, Equatable {
    /// All of them, in PEM form.
    public let pem: String

    /// - Returns: `nil` where none is added: then each program's own choice holds.
    /// - Throws: ``SettingsError`` for the setting, or why the system's file cannot be read.
    public init?(_ settings: Settings) throws {
        guard let added = try settings.optional(CommonSettings.certificateAuthority) else { return nil }
        try self.init(adding: added, systemFiles: Self.systemFiles)
    }

    init(adding added: String, systemFiles: [String]) throws {
        let file = systemFiles.first { FileManager.default.isReadableFile(atPath: $0) }
        let system = try file.map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) } ?? ""
        pem = [system, added].filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    /// Writes them to a file, for programs that want one. It appears in one step.
    /// - Throws: why the file cannot be written.
    public func write(to path: String) throws {
        try Data(pem.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    /// Where distributions keep theirs: Debian, Fedora, SUSE, Alpine.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]
}
