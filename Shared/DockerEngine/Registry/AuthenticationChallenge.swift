import HTTPClient

/// What a registry's `WWW-Authenticate` header asks for.
enum AuthenticationChallenge: Sendable, Hashable {
    case basic
    case bearer(realm: String, service: String?, scope: String?)

    /// The first that is known.
    static func first(of response: HTTPResponse) -> AuthenticationChallenge? {
        response.headers.all("WWW-Authenticate").lazy.compactMap(AuthenticationChallenge.init).first
    }

    /// `nil` for a scheme that is not known.
    init?(_ header: String) {
        guard let space = header.firstIndex(of: " ") else {
            guard header.lowercased() == "basic" else { return nil }
            self = .basic
            return
        }
        switch header[..<space].lowercased() {
        case "basic": self = .basic
        case "bearer":
            let parameters = Self.parameters(header[space...])
            guard let realm = parameters["realm"] else { return nil }
            self = .bearer(realm: realm, service: parameters["service"], scope: parameters["scope"])
        default: return nil
        }
    }

    /// `name="value", name=value`, where a quoted value may hold commas.
    private static func parameters(_ text: Substring) -> [String: String] {
        var parameters: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].filter { $0 != " " && $0 != "," }.lowercased()
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.popFirst(), character != "\"" {
                    if character == "\\", let escaped = rest.popFirst() {
                        value.append(escaped)
                    } else {
                        value.append(character)
                    }
                }
            } else {
                while let character = rest.first, character != "," {
                    value.append(character)
                    rest = rest.dropFirst()
                }
            }
            parameters[name] = value
        }
        return parameters
    }
}
