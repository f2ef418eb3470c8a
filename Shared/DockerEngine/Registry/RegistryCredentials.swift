import FoundationEssentials
import Text

/// A login of a registry.
public struct RegistryCredentials: Sendable, Hashable, CustomStringConvertible {
    public var username: String
    public var password: String

    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// Never the password.
    public var description: String { "login of “\(username)”" }

    private struct Document: Encodable {
        var username: String
        var password: String
        var serveraddress: String
    }

    /// The header `X-Registry-Auth`.
    static func header(_ credentials: RegistryCredentials?, registry: String) throws(DockerError) -> String {
        guard let credentials else { return Base64URL.encode(Data("{}".utf8), padded: true) }
        return Base64URL.encode(try DockerEngine.encode(document(credentials, registry)), padded: true)
    }

    /// The header `X-Registry-Config`: all logins a build may need.
    static func header(_ logins: [String: RegistryCredentials]) throws(DockerError) -> String {
        var documents: [String: Document] = [:]
        for (registry, login) in logins {
            // The engine looks for the login of images without a host by this address alone.
            documents[registry == "docker.io" ? "https://index.docker.io/v1/" : registry] = document(login, registry)
        }
        return Base64URL.encode(try DockerEngine.encode(documents), padded: true)
    }

    private static func document(_ login: RegistryCredentials, _ registry: String) -> Document {
        Document(username: login.username, password: login.password, serveraddress: registry)
    }
}
