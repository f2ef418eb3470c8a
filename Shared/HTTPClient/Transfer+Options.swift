import CCurl

extension Transfer {
    /// Writes the request into libcurl's handle.
    func configure(_ configuration: HTTPClient.Configuration, address: Address) throws(HTTPClientError) {
        if let problem = request.headers.problem { throw error(.invalidRequest, problem) }
        try check(installCallbacks())
        try check(slipway_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, words))
        try set(CURLOPT_NOSIGNAL, 1)
        try check(slipway_curl_set_close_on_exec(easy))
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, address.scheme == "https" ? "https" : "http,https")
        // One request has one connection for itself: a paused body then never holds up another request.
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_BUFFERSIZE, 64 * 1024)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1 : 0)
        try set(CURLOPT_MAXREDIRS, request.redirects)
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.wholeMilliseconds)
        if let total = request.totalTimeout { try set(CURLOPT_TIMEOUT_MS, total.wholeMilliseconds) }
        if let socket = request.socketPath {
            try set(CURLOPT_UNIX_SOCKET_PATH, socket)
            try set(CURLOPT_PROXY, "")
        } else if !configuration.usesProxyEnvironment {
            try set(CURLOPT_PROXY, "")
        }
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try configureAuthentication()
        var headers = request.headers
        try configureTLS(address, &headers)
        try configureMethod(&headers)
        try configureHeaders(headers)
    }

    private func configureMethod(_ headers: inout HTTPHeaders) throws(HTTPClientError) {
        if request.redirects > 0, request.method != .get, request.method != .head {
            throw error(.invalidRequest, "redirects are followed for GET and HEAD only")
        }
        switch (request.method, request.body) {
        case (.get, .none): try set(CURLOPT_HTTPGET, 1)
        case (.head, .none): try set(CURLOPT_NOBODY, 1)
        case (.get, _), (.head, _): throw error(.invalidRequest, "a \(request.method) request has no body")
        case (.delete, .none): try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        case (_, .none):
            try set(CURLOPT_POST, 1)
            try check(slipway_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, 0))
            try set(CURLOPT_COPYPOSTFIELDS, "")
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        default:
            guard !request.method.rawValue.isEmpty, request.method.rawValue.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
            else { throw error(.invalidRequest, "“\(request.method)” is not a valid method") }
            try set(CURLOPT_POST, 1)
            try check(slipway_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(upload?.length ?? -1)))
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            if upload?.length == nil { headers["Transfer-Encoding"] = "chunked" }
        }
    }

    private func configureHeaders(_ headers: HTTPHeaders) throws(HTTPClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        // libcurl would add these two unasked to a request with a body: a type that is a guess, and a round trip
        // before the first byte.
        var lines = ["Expect:"]
        if headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for field in headers {
            lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw error(.other, "no memory for the request's headers")
            }
            list = longer
        }
        if let list { lists.append(list) }
        try check(slipway_curl_set_list(easy, CURLOPT_HTTPHEADER, list))
    }

    private func configureAuthentication() throws(HTTPClientError) {
        switch request.authentication {
        case nil: break
        case .bearer(let token):
            try requireOneLine(token, "the bearer token")
            try check(slipway_curl_set_authentication(easy, 1))
            try set(CURLOPT_XOAUTH2_BEARER, token)
        case .basic(let username, let password):
            try requireOneLine(username, "the user name")
            try requireOneLine(password, "the password")
            try check(slipway_curl_set_authentication(easy, 0))
            try set(CURLOPT_USERNAME, username)
            try set(CURLOPT_PASSWORD, password)
        }
    }

    /// Never with the value itself in the message.
    private func requireOneLine(_ secret: String, _ what: String) throws(HTTPClientError) {
        if secret.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            throw error(.invalidRequest, "\(what) has a line break or a control character in it")
        }
    }

    private func configureTLS(_ address: Address, _ headers: inout HTTPHeaders) throws(HTTPClientError) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        let tls = request.tls ?? .init()
        try set(CURLOPT_SSL_VERIFYPEER, tls.verifies ? 1 : 0)
        try set(CURLOPT_SSL_VERIFYHOST, tls.verifies ? 2 : 0)
        switch tls.authorities {
        case nil: break
        case .file(let path): try set(CURLOPT_CAINFO, path)
        case .text(let text): try set(CURLOPT_CAINFO_BLOB, blob: text)
        }
        // Else the system's folder of authorities would be trusted as well.
        if tls.authorities != nil { try check(slipway_curl_set_string(easy, CURLOPT_CAPATH, nil)) }
        if let identity = tls.identity {
            switch identity.certificate {
            case .file(let path): try set(CURLOPT_SSLCERT, path)
            case .text(let text): try set(CURLOPT_SSLCERT_BLOB, blob: text)
            }
            switch identity.key {
            case .file(let path): try set(CURLOPT_SSLKEY, path)
            case .text(let text): try set(CURLOPT_SSLKEY_BLOB, blob: text)
            }
        }
        guard let name = tls.serverName, name != address.host else {
            try set(CURLOPT_URL, request.url)
            return
        }
        // libcurl asks for the certificate of the URL's host, so that becomes the wanted name, and the connection is
        // sent to where the URL really points.
        try set(CURLOPT_URL, try address.url(request.url, host: name))
        guard let list = curl_slist_append(nil, "::\(address.host):\(address.port)") else {
            throw error(.other, "no memory for the request")
        }
        lists.append(list)
        try check(slipway_curl_set_list(easy, CURLOPT_CONNECT_TO, list))
        if headers["Host"] == nil { headers["Host"] = "\(address.host):\(address.port)" }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(slipway_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPClientError) {
        try check(slipway_curl_set_string(easy, option, value))
    }

    private func set(_ option: CURLoption, blob text: String) throws(HTTPClientError) {
        var text = text
        let code = text.withUTF8 { slipway_curl_set_blob(easy, option, $0.baseAddress, $0.count) }
        try check(code)
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code != CURLE_OK else { return }
        throw error(.other, "libcurl refuses an option: \(String(cString: curl_easy_strerror(code)))")
    }
}

extension Duration {
    /// At least one: zero would mean “for ever” to libcurl.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
