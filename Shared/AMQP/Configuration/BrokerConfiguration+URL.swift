import Text

extension BrokerConfiguration {
    /// Reads `amqp[s]://user:password@host[:port][,host[:port]…]/[virtual-host][?parameter=value&…]`.
    ///
    /// User, password and virtual host are percent-encoded; an empty virtual host is `/`. The parameters are those of
    /// RabbitMQ's URI format: `heartbeat` (s), `connection_timeout` (ms), and with `amqps` `cacertfile`, `certfile`,
    /// `keyfile` and `verify_hostname` (`true`, `false`).
    ///
    /// - Throws: ``AMQPError/Code/invalidConfiguration``, which quotes no part of the URL that may hold a password.
    public init(url: String, connectionName: String) throws(AMQPError) {
        var parser = URLParser(url)
        try parser.parse()
        self.init(
            endpoints: parser.endpoints, virtualHost: parser.virtualHost, username: parser.username,
            password: parser.password, tls: parser.tls, connectionName: connectionName)
        if let heartbeat = parser.heartbeat { self.heartbeat = heartbeat }
        if let connectTimeout = parser.connectTimeout { self.connectTimeout = connectTimeout }
    }
}

/// Not Foundation's URL, which knows one host only.
private struct URLParser {
    var endpoints: [Endpoint] = []
    var virtualHost = "/"
    var username = "guest"
    var password = "guest"
    var tls: TLSConfiguration?
    var heartbeat: Duration?
    var connectTimeout: Duration?

    private let url: String

    init(_ url: String) {
        self.url = url
    }

    mutating func parse() throws(AMQPError) {
        var rest: Substring
        if url.hasPrefix("amqps://") {
            tls = TLSConfiguration()
            rest = url.dropFirst("amqps://".count)
        } else if url.hasPrefix("amqp://") {
            rest = url.dropFirst("amqp://".count)
        } else {
            throw invalid("does not start with amqp:// or amqps://")
        }
        // A fragment has no meaning here; a `#` is most likely part of a password that was not percent-encoded.
        if rest.contains("#") { throw invalid("contains '#', which in a user name or password is written %23") }
        if let query = rest.firstIndex(of: "?") {
            // Before the parameters are read, whose errors quote them.
            if rest[query...].contains("@") {
                throw invalid("has a '?' before its '@'; in a password it is written %3F")
            }
            try parseParameters(rest[rest.index(after: query)...])
            rest = rest[..<query]
        }
        if let at = rest.lastIndex(of: "@") {
            try parseUser(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if let slash = rest.firstIndex(of: "/") {
            let name = try decode(rest[rest.index(after: slash)...], "the virtual host")
            if !name.isEmpty { virtualHost = name }
            rest = rest[..<slash]
        }
        for host in rest.split(separator: ",", omittingEmptySubsequences: false) {
            endpoints.append(try parseEndpoint(host))
        }
    }

    private mutating func parseUser(_ text: Substring) throws(AMQPError) {
        if text.contains("/") { throw invalid("has a '/' before its '@'; in a password it is written %2F") }
        let colon = text.firstIndex(of: ":")
        username = try decode(text[..<(colon ?? text.endIndex)], "the user name")
        password =
            try colon.map { (colon) throws(AMQPError) in
                try decode(text[text.index(after: colon)...], "the password")
            } ?? ""
    }

    private func parseEndpoint(_ text: Substring) throws(AMQPError) -> Endpoint {
        var host = text
        var port = tls == nil ? 5672 : 5671
        // The colon of a port comes after the bracket of an IPv6 address.
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                throw invalid("has a port that is not a number from 1 to 65535 after its host '\(text[..<colon])'")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if host.isEmpty { throw invalid("has an empty host") }
        return Endpoint(host: String(host), port: port)
    }

    private mutating func parseParameters(_ text: Substring) throws(AMQPError) {
        for parameter in text.split(separator: "&") {
            let equals = parameter.firstIndex(of: "=") ?? parameter.endIndex
            let name = String(parameter[..<equals])
            let value = try decode(parameter[equals...].dropFirst(), "the parameter \(name)")
            switch name {
            case "heartbeat":
                heartbeat = .seconds(try number(value, of: name, in: 1...65535))
            case "connection_timeout":
                connectTimeout = .milliseconds(try number(value, of: name, in: 1...600_000))
            case "cacertfile" where tls != nil:
                tls?.certificateAuthority = value
            case "certfile" where tls != nil:
                tls?.clientCertificate = value
            case "keyfile" where tls != nil:
                tls?.clientKey = value
            case "verify_hostname" where tls != nil && (value == "true" || value == "false"):
                tls?.verifiesHostname = value == "true"
            default:
                throw invalid(
                    "has the parameter '\(name)'; heartbeat (s) and connection_timeout (ms) are known, and with "
                        + "amqps:// cacertfile, certfile, keyfile and verify_hostname (true, false)")
            }
        }
    }

    private func number(_ text: String, of name: String, in range: ClosedRange<Int>) throws(AMQPError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw invalid("has \(name)=\(text), not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func decode(_ text: Substring, _ part: String) throws(AMQPError) -> String {
        guard let decoded = PercentCoding.decode(text), !decoded.utf8.contains(0) else {
            throw invalid(
                "has \(part) that is not percent-encoded UTF-8: two hexadecimal digits follow each '%', which itself is "
                    + "written %25")
        }
        return decoded
    }

    private func invalid(_ what: String) -> AMQPError {
        AMQPError(
            .invalidConfiguration, "the broker's URL \(what)",
            cause: "expected amqp://user:password@host:5672,host:5672/virtual-host")
    }
}
