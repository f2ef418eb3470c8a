import CCurl

extension Transfer {
    /// What libcurl's verdict means in this library's words.
    func outcome(_ code: CURLcode) -> Result<Void, HTTPClientError> {
        if let failure { return .failure(failure) }
        if code == CURLE_OK { return .success(()) }
        let own = String(cString: words)
        let text = own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .failure(timeout())
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .failure(error(.unresolvable, text))
        case CURLE_COULDNT_CONNECT: return .failure(error(.unreachable, text))
        case CURLE_URL_MALFORMAT: return .failure(error(.invalidRequest, text))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return .failure(error(.untrusted, text))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_CLIENTCERT:
            return .failure(error(.tls, text))
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            return .failure(error(.invalidRequest, text))
        case CURLE_TOO_MANY_REDIRECTS:
            return .failure(error(.tooManyRedirects, "more than \(request.redirects) redirects"))
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
            return .failure(error(.connectionLost, text))
        // The request's own address was looked at before: it is the answer that speaks, or points to, something else.
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL:
            return .failure(error(.protocolViolation, text))
        default: return .failure(error(.other, text))
        }
    }

    private func timeout() -> HTTPClientError {
        if let total = request.totalTimeout, ContinuousClock.now - startedAt >= total {
            return error(.totalTimedOut, "not done within \(total)")
        }
        return error(.connectTimedOut, "no connection within \(request.connectTimeout)")
    }
}
