/// `POST /api/v1/login`: a command asks to be signed in by somebody's browser (after RFC 8628).
public struct LoginRequest: Codable, Sendable, Equatable {
    /// The machine that the command runs on, for the person who is asked.
    public var host: String

    public init(host: String) { self.host = host }
}

/// The answer to a ``LoginRequest``.
public struct LoginStart: Codable, Sendable, Equatable {
    /// What the command asks for its token with: ``LoginPoll``.
    public var code: String
    /// What the person compares.
    public var userCode: String
    /// The page that the person opens.
    public var url: String
    public var expiresAt: Timestamp
    /// How many seconds to wait between two questions.
    public var interval: Int

    public init(code: String, userCode: String, url: String, expiresAt: Timestamp, interval: Int) {
        self.code = code
        self.userCode = userCode
        self.url = url
        self.expiresAt = expiresAt
        self.interval = interval
    }
}

/// `POST /api/v1/login/token`: whether the person has agreed.
public struct LoginPoll: Codable, Sendable, Equatable {
    public var code: String

    public init(code: String) { self.code = code }
}

/// The answer to a ``LoginPoll``.
public struct LoginAnswer: Codable, Sendable, Equatable {
    /// None while nobody has decided; told once.
    public var token: PersonalToken?

    public init(token: PersonalToken?) { self.token = token }
}
