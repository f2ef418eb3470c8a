import CCurl

extension HTTPHeaders {
    /// How long the server asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3): a number of seconds, or a date
    /// in any of its three forms.
    /// - Parameter now: Seconds since 1970, for a date.
    /// - Returns: `nil` if it says nothing that can be understood; zero for a date that is over.
    public func retryAfter(now: Int64) -> Duration? {
        self["Retry-After"].flatMap { Self.retryAfter($0, now: now) }
    }

    static func retryAfter(_ text: String, now: Int64) -> Duration? {
        let text = text.drop { $0 == " " }
        if let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            return Int64(text).map { .seconds($0) }
        }
        let date = Int64(curl_getdate(String(text), nil))
        return date < 0 ? nil : .seconds(Swift.max(0, date - now))
    }
}
