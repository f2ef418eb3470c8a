import Contracts
import Secrets

/// A channel as a person wrote it down, read and checked.
struct ChannelSpecification: Sendable, CustomStringConvertible {
    /// What a message is signed with.
    struct Signing: Sendable {
        var signature: ChannelSignature
        var secret: String
    }

    var name: String
    var url: String
    var headers: [(name: String, value: String)]
    var template: BodyTemplate
    var signing: Signing?
    /// `nil` where the status says enough.
    var answer: ChannelAnswer?
    var filter: EventFilter

    /// Without its secrets.
    var description: String { name }

    /// What the other side says, without the address and the secret it may repeat.
    func mask(_ text: String) -> String {
        var secrets = [url] + headers.map(\.value)
        if let secret = signing?.secret { secrets.append(secret) }
        secrets += url.split(whereSeparator: { "/?&=".contains($0) }).dropFirst(2).filter { $0.utf8.count >= 8 }.map(
            String.init)
        var mask = LogMask(secrets: secrets)
        return String(decoding: mask.mask(Array(text.utf8)) + mask.finish(), as: UTF8.self)
    }
}

/// Why a channel cannot be used, and what to do. It names the channel, never a secret.
struct ChannelProblem: Error, Equatable, CustomStringConvertible {
    var problem: String
    var remedy: String

    init(_ problem: String, remedy: String) {
        (self.problem, self.remedy) = (problem, remedy)
    }

    var description: String { "\(problem); \(remedy)" }
}
