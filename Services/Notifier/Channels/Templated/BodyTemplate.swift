import Contracts
import FoundationEssentials
import Mustache
import Text

/// A mustache template of a JSON body. Values stand in it as the inside of JSON strings, escaped for JSON and for the chat
/// they go to: whatever a commit's message says, it is data.
struct BodyTemplate: Sendable {
    /// What a chat reads into a text beside what JSON does.
    enum Escape: String, Sendable {
        case json = "SLIPWAY_JSON"
        /// `<!channel>` calls everyone; `&`, `<` and `>` are escaped.
        case slack = "SLIPWAY_SLACK"
    }

    private let template: MustacheTemplate

    /// - Throws: ``ChannelProblem`` where it is no mustache, uses more than variables, sections and comments, or does not
    ///   make JSON.
    init(_ text: String, escape: Escape) throws {
        Self.register
        try Self.checkTags(of: text)
        do {
            template = try MustacheTemplate(string: "{{% CONTENT_TYPE: \(escape.rawValue) }}" + text)
        } catch {
            throw ChannelProblem("its template is no mustache: \(error)", remedy: "close every {{ and every section")
        }
        let hostile = Dictionary(uniqueKeysWithValues: Self.names.map { ($0, "\"\\\n{{\($0)}} <&>\u{0}") })
        for values in [hostile, [:]] {
            do {
                _ = try Wire.decode(JSONValue.self, from: Data(render(values)))
            } catch {
                throw ChannelProblem(
                    "its template makes no JSON: \(error)", remedy: #"write values in quotes, as {"text": "{{text}}"}"#)
            }
        }
    }

    /// Nothing but variables, sections and comments: what is not escaped, partials and other delimiters could let a value
    /// out of its string.
    private static func checkTags(of text: String) throws {
        for tag in text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst() {
            guard let end = tag.firstRange(of: "}}") else { continue }
            var name = tag[..<end.lowerBound].drop { $0 == " " }
            if name.first == "!" { continue }
            if let sigil = name.first, "#^/".contains(sigil) { name = name.dropFirst() }
            let word = name.filter { $0 != " " }
            guard names.contains(String(word)) else {
                throw ChannelProblem(
                    "its template has “{{\(tag[..<end.lowerBound].prefix(40))}}”",
                    remedy: "use {{name}}, {{#name}}…{{/name}} and {{^name}}…{{/name}} with one of "
                        + names.joined(separator: ", "))
            }
        }
    }

    /// What it may name.
    static let names = [
        "type", "id", "time", "subject", "outcome", "pipeline", "errors", "uri", "environment", "artifact",
        "repository",
        "number", "state", "event", "ref", "branch", "sender", "startedBy", "cancelledBy", "author", "commit",
        "message", "short",
        "title", "text",
        "timestamp", "sign",
    ]

    func render(_ values: [String: String]) -> [UInt8] { Array(template.render(values).utf8) }

    /// Once for the process.
    private static let register: Void = {
        MustacheContentTypes.register(Escaping(escape: .json), named: Escape.json.rawValue)
        MustacheContentTypes.register(Escaping(escape: .slack), named: Escape.slack.rawValue)
    }()

    private struct Escaping: MustacheContentType {
        let escape: Escape

        func escapeText(_ text: String) -> String {
            let plain =
                switch escape {
                case .json: text
                // By scalars: one that joins what comes after it makes a “<” part of another character of Swift's.
                case .slack:
                    text.unicodeScalars.reduce(into: "") { escaped, scalar in
                        switch scalar {
                        case "&": escaped += "&amp;"
                        case "<": escaped += "&lt;"
                        case ">": escaped += "&gt;"
                        default: escaped.unicodeScalars.append(scalar)
                        }
                    }
                }
            return JSONEscape.escape(plain) { $0 == "\u{7F}" }
        }
    }
}
