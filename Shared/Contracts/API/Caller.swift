/// Who did something: an account, and what it was done with.
public struct Caller: Codable, Sendable, Equatable {
    public var account: String
    /// The name of the token; absent where a browser did it that no token signed in.
    public var token: String?

    public init(account: String, token: String? = nil) {
        self.account = account
        self.token = token
    }

    /// `anna`, or `ci (ci/nightly)` where it was done with a token that is not named like its account.
    public var text: String { token.flatMap { $0 == account ? nil : "\(account) (\($0))" } ?? account }
}
