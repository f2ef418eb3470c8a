import CCurl

extension HTTPResponse {
    /// The seconds after which the server wants to be asked again (`Retry-After`), or `nil` where it says nothing that
    /// can be read: a number of seconds or a date, in any of the three forms of RFC 9110.
    /// - Parameter now: seconds since 1970.
    public func retryAfter(now: Int64) -> Int64? {
        headers["Retry-After"].flatMap { Self.retryAfter($0, now: now) }
    }

    static func retryAfter(_ text: String, now: Int64) -> Int64? {
        let text = text.drop { $0 == " " }
        if let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) { return Int64(text) }
        let date = Int64(curl_getdate(String(text), nil))
        return date < 0 ? nil : max(0, date - now)
    }
}
