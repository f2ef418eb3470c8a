import CCurl

/// A request's URL, looked at by libcurl's own parser, so that nothing is checked that is not what is then connected to.
struct Address: Sendable, Hashable {
    let scheme: String
    let host: String
    /// The port, also where the URL leaves it to the scheme.
    let port: String
    /// Scheme, host and port as an error may tell them: path and query can hold secrets.
    let server: String

    /// - Throws: `invalidRequest` for what is no absolute `http` or `https` URL or has credentials in it.
    init(_ request: HTTPRequest) throws(HTTPClientError) {
        guard let parser = curl_url() else {
            throw HTTPClientError(.other, "no memory to parse an address")
        }
        defer { curl_url_cleanup(parser) }
        let code = curl_url_set(parser, CURLUPART_URL, request.url, UInt32(CURLU_DISALLOW_USER))
        switch code {
        case CURLUE_OK: break
        case CURLUE_USER_NOT_ALLOWED:
            throw HTTPClientError(
                .invalidRequest, "the address holds a user or a password; give them as the request's authentication")
        default:
            let words = String(cString: curl_url_strerror(code))
            throw HTTPClientError(
                .invalidRequest, "the address is not a URL such as https://registry.example/v2/ (\(words))")
        }
        scheme = Self.part(CURLUPART_SCHEME, of: parser)
        guard scheme == "http" || scheme == "https" else {
            throw HTTPClientError(.invalidRequest, "only http and https are spoken, not “\(scheme)”")
        }
        host = Self.part(CURLUPART_HOST, of: parser)
        port = Self.part(CURLUPART_PORT, of: parser, flags: UInt32(CURLU_DEFAULT_PORT))
        if let socket = request.socketPath {
            server = "unix:\(socket)"
        } else {
            let given = Self.part(CURLUPART_PORT, of: parser)
            server = "\(scheme)://\(host)\(given.isEmpty ? "" : ":\(given)")"
        }
    }

    /// The URL with another host, for a certificate that is to be checked against another name.
    func url(_ url: String, host name: String) throws(HTTPClientError) -> String {
        guard let parser = curl_url() else {
            throw HTTPClientError(.other, "no memory to parse an address")
        }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_set(parser, CURLUPART_HOST, name, 0) == CURLUE_OK
        else { throw HTTPClientError(.invalidRequest, "“\(name)” is not a valid host name for a certificate") }
        return Self.part(CURLUPART_URL, of: parser)
    }

    private static func part(_ part: CURLUPart, of parser: OpaquePointer, flags: UInt32 = 0) -> String {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parser, part, &text, flags) == CURLUE_OK, let text else { return "" }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
