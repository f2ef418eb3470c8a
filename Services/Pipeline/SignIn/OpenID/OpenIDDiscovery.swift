import Contracts

/// What a provider says of itself (OpenID Connect Discovery 1.0).
struct OpenIDDiscovery: Sendable, Equatable {
    let authorization: String
    let token: String
    let keys: String
    let userInfo: String?
    /// Whether a client's secret goes into the body, since the provider does not take it in the head.
    let wantsSecretInBody: Bool

    /// - Throws: ``OpenIDError`` where it is another provider's, or lacks something.
    init(_ document: JSONValue, issuer: String) throws(OpenIDError) {
        guard let named = document["issuer"]?.string, named == issuer else {
            throw OpenIDError(
                .unreachable, "the provider calls itself “\(document["issuer"]?.string ?? "")”, not “\(issuer)”")
        }
        authorization = try Self.address("authorization_endpoint", document, issuer)
        token = try Self.address("token_endpoint", document, issuer)
        keys = try Self.address("jwks_uri", document, issuer)
        userInfo =
            document["userinfo_endpoint"] == nil ? nil : try Self.address("userinfo_endpoint", document, issuer)
        let methods = document["token_endpoint_auth_methods_supported"]?.strings ?? ["client_secret_basic"]
        wantsSecretInBody = !methods.contains("client_secret_basic") && methods.contains("client_secret_post")
    }

    private static func address(
        _ name: String, _ document: JSONValue, _ issuer: String
    ) throws(OpenIDError) -> String {
        guard let address = document[name]?.string else {
            throw OpenIDError(.unreachable, "the provider's configuration lacks \(name)")
        }
        guard address.hasPrefix("https://") || (address.hasPrefix("http://") && issuer.hasPrefix("http://")) else {
            throw OpenIDError(.unreachable, "the provider's \(name) is “\(address)”, which is not https")
        }
        return address
    }
}

extension JSONValue {
    /// The texts of a list, or the one text that stands for it.
    var strings: [String]? {
        switch self {
        case .array(let items): items.compactMap(\.string)
        case .string(let text): [text]
        default: nil
        }
    }

    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
