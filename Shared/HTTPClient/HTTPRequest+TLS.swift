extension HTTPRequest {
    /// Whom to trust and who to be. TLS 1.2 is the least that is spoken.
    public struct TLS: Sendable, Hashable {
        /// Something in PEM form: in a file, read anew for every connection, or in memory.
        public enum PEM: Sendable, Hashable {
            case file(String)
            case text(String)
        }

        /// Who the client is.
        public struct Identity: Sendable, Hashable {
            /// The certificate, followed by those between it and the authority.
            public var certificate: PEM
            public var key: PEM

            public init(certificate: PEM, key: PEM) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// The certificate authorities trusted, and no others; `nil`: the system's.
        public var authorities: PEM?
        public var identity: Identity?
        /// The name the server's certificate has to carry, where it is not the URL's host.
        public var serverName: String?
        /// `false` takes any certificate: only for a person who asked for just that.
        public var verifies: Bool

        public init(
            authorities: PEM? = nil, identity: Identity? = nil, serverName: String? = nil, verifies: Bool = true
        ) {
            self.authorities = authorities
            self.identity = identity
            self.serverName = serverName
            self.verifies = verifies
        }
    }
}
