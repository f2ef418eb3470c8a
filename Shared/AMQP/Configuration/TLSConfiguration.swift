/// How a connection by TLS (1.2 or newer) is secured. The files are PEM.
public struct TLSConfiguration: Sendable, Hashable {
    /// The certificates that are trusted to sign the broker's.
    public var certificateAuthority: String
    /// The certificate this client shows, with its chain, and its private key.
    public var clientCertificate: String?
    public var clientKey: String?
    /// Whether the broker's certificate must be for the host that is connected to.
    public var verifiesHostname: Bool

    /// The bundle of Debian and its descendants.
    public static let systemCertificateAuthority = "/etc/ssl/certs/ca-certificates.crt"

    public init(
        certificateAuthority: String = TLSConfiguration.systemCertificateAuthority, clientCertificate: String? = nil,
        clientKey: String? = nil, verifiesHostname: Bool = true
    ) {
        self.certificateAuthority = certificateAuthority
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.verifiesHostname = verifiesHostname
    }
}
