import CCurl

extension HTTPHeaders {
    /// How long the server asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3): seconds, or a date.
    /// - Parameter now: Seconds since 1970, for a date.
    /// - Returns: `nil` if it says nothing that can be understood; zero for a date that is over.
    public func retryAfter(now: Int64) -> Duration? {
        guard let value = self["Retry-After"] else { return nil }
        if let seconds = Int64(value) { return seconds < 0 ? nil : .seconds(seconds) }
        let date = curl_getdate(value, nil)
        return date < 0 ? nil : .seconds(Swift.max(0, Int64(date) - now))
    }
}
