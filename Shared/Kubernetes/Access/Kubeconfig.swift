import Yams

/// A kubeconfig file as it is written. What Slipway does not use is ignored.
struct Kubeconfig: Decodable, Sendable {
    var clusters: [Named<Cluster>]
    var users: [Named<User>]
    var contexts: [Named<Context>]
    var currentContext: String?

    struct Cluster: Decodable, Sendable {
        var server: String
        var authorityFile: String?
        var authorityData: String?
        var skipVerify: Bool?
        var serverName: String?

        enum CodingKeys: String, CodingKey {
            case server
            case authorityFile = "certificate-authority"
            case authorityData = "certificate-authority-data"
            case skipVerify = "insecure-skip-tls-verify"
            case serverName = "tls-server-name"
        }
    }

    struct User: Decodable, Sendable {
        var certificateFile: String?
        var certificateData: String?
        var keyFile: String?
        var keyData: String?
        var token: String?
        var tokenFile: String?
        var username: String?
        var password: String?
        var exec: Exec?
        var authProvider: AuthProvider?

        enum CodingKeys: String, CodingKey {
            case token, tokenFile, username, password, exec
            case certificateFile = "client-certificate"
            case certificateData = "client-certificate-data"
            case keyFile = "client-key"
            case keyData = "client-key-data"
            case authProvider = "auth-provider"
        }
    }

    struct AuthProvider: Decodable, Sendable {
        var name: String
    }

    /// A program that gives credentials.
    struct Exec: Decodable, Sendable, Hashable {
        var apiVersion: String?
        var command: String
        var args: [String]?
        var env: [Variable]?

        struct Variable: Decodable, Sendable, Hashable {
            var name: String
            var value: String
        }
    }

    struct Context: Decodable, Sendable {
        var cluster: String
        var user: String
        var namespace: String?
    }

    /// Lists of the file name their entries, each under its own word.
    struct Named<Content: Decodable & Sendable>: Decodable, Sendable {
        var name: String
        var content: Content

        struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: Key(stringValue: "name"))
            guard let key = container.allKeys.first(where: { $0.stringValue != "name" }) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "the entry “\(name)” is empty"))
            }
            content = try container.decode(Content.self, forKey: key)
        }
    }

    enum CodingKeys: String, CodingKey {
        case clusters, users, contexts
        case currentContext = "current-context"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        clusters = try container.decodeIfPresent([Named<Cluster>].self, forKey: .clusters) ?? []
        users = try container.decodeIfPresent([Named<User>].self, forKey: .users) ?? []
        contexts = try container.decodeIfPresent([Named<Context>].self, forKey: .contexts) ?? []
        currentContext = try container.decodeIfPresent(String.self, forKey: .currentContext)
    }

    /// Reads the YAML (or JSON) of a kubeconfig.
    /// - Throws: ``KubernetesError`` that names the file.
    static func parse(_ text: String, path: String) throws(KubernetesError) -> Kubeconfig {
        do {
            return try YAMLDecoder().decode(Kubeconfig.self, from: text)
        } catch {
            throw KubernetesError(.configuration, "\(path) is no kubeconfig: \(error)")
        }
    }
}
