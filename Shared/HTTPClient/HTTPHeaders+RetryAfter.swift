import CCurl

extension HTTPHeaders {
    /// How long the server asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3): a number of seconds, or a date
    /// in any of its three forms.
    /// - Parameter now: Seconds since 1970, for a date.
    /// - Returns: `nil` if it says nothing that can be understood; zero for a date that is over; at most a year.
    public func retryAfter(now: Int64) -> Duration? {
        self["Retry-After"].flatMap { Self.retryAfter($0, now: now) }
    }

    static func retryAfter(_ text: String, now: Int64) -> Duration? {
        let text = text.drop { $0 == " " }
        if let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            // A number too large to hold asks for a long time all the same.
            guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
            return .seconds(Swift.min(Int64(text) ?? .max, longest))
        }
        let date = Int64(curl_getdate(String(text), nil))
        return date < 0 ? nil : .seconds(Swift.min(Swift.max(0, date - now), longest))
    }

    private static let longest: Int64 = 366 * 24 * 3600
}
