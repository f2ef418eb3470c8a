import Contracts
import FoundationEssentials

/// What an answer with a good status has to say, so that the message was taken: some chats answer 200 to everything.
enum ChannelAnswer: Sendable, Equatable {
    /// The body is this text.
    case text(String)
    /// The body is a JSON object whose member is this.
    case member(String, JSONValue)

    /// What a body says that is not this, for a log; `nil` where it is.
    func problem(with body: [UInt8]) -> String? {
        switch self {
        case .text(let expected):
            let text = String(decoding: body, as: UTF8.self)
            return text.split(whereSeparator: \.isWhitespace).joined(separator: " ") == expected
                ? nil : Self.shown(body)
        case .member(let name, let expected):
            // What is no JSON does not say it either; it is shown as it came.
            guard let document = try? Wire.decode(JSONValue.self, from: Data(body)), document[name] == expected else {
                return Self.shown(body)
            }
            return nil
        }
    }

    /// One line of at most 300 characters that can be seen: the other side wrote it.
    static func shown(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(1_200), as: UTF8.self)
        let seen = text.unicodeScalars.filter { scalar in
            !scalar.properties.isBidiControl && scalar.properties.generalCategory != .control
        }
        let line = String(String.UnicodeScalarView(seen)).prefix(300)
        return line.isEmpty ? "nothing" : "“\(line)”"
    }
}
