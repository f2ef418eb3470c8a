/// Who is the platform on this broker: pipeline → pipeline, answered at once by whoever is.
public struct PlatformInquiry: Request {
    public typealias Reply = PlatformInquiryReply

    /// The database of whoever asks.
    public var platform: String

    public init(platform: String) {
        self.platform = platform
    }
}

public struct PlatformInquiryReply: Codable, Sendable, Equatable {
    /// The database of whoever answers.
    public var platform: String
    /// Where people reach it.
    public var publicURL: String
    /// For how long it takes what is sent to the platform, in milliseconds.
    public var uptime: Int64

    public init(platform: String, publicURL: String, uptime: Int64) {
        self.platform = platform
        self.publicURL = publicURL
        self.uptime = uptime
    }
}
