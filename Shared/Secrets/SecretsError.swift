/// A key, a sealed secret or a token that cannot be used. Never holds the secret itself.
public struct SecretsError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The text of a key is not what a key looks like.
        case malformedKey
        /// The text of a sealed secret is not what one looks like.
        case malformedSecret
        /// The secret was sealed with a key this service does not have.
        case unknownKey
        /// The secret was sealed for another place than the one it is in.
        case otherBinding
        /// The secret was changed, or sealed with another key of the same name.
        case notAuthentic
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
