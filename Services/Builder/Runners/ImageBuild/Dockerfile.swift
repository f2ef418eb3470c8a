import Text
import Worker

/// A Dockerfile as an engine's builder reads it: the images it takes something from, which the engine would look up among
/// all it has, whoever brought them there.
///
/// What is sent to the engine has one line for each instruction and no comment but `# escape`. However the engine reads lines together, it begins none
/// that was not looked at here.
/// Source: <https://docs.docker.com/reference/dockerfile/>.
struct Dockerfile {
    /// An image from outside of the build.
    struct Image: Hashable {
        var name: String
        /// That of `FROM --platform`.
        var platform: String?
        /// Whether a stage begins with it, and does first what it has for whoever builds upon it.
        var isBase: Bool
    }

    private enum Part {
        case text([UInt8])
        /// An instruction with an image in its middle.
        case image(Image, before: String, after: String)
        /// The label of the stage that has begun.
        case label
    }

    private var parts: [Part] = []
    /// Those it takes something from, each once.
    private(set) var images: [Image] = []
    /// What the engine is given for the names and numbers of stages.
    private var stages: [String: String] = [:]

    /// - Parameters:
    ///   - arguments: of the build.
    ///   - mark: what the names of stages begin with that the engine is given, which no image's does: where it does not see
    ///     a stage that was seen here, it finds nothing by its name.
    /// - Throws: `JobFailure` that names the line the engine would not understand, or that cannot be looked at.
    init(
        _ text: [UInt8], arguments: [String: String],
        mark: String = "slipway-\(String(UInt64.random(in: .min ... .max), radix: 16))"
    ) throws(JobFailure) {
        var reader = Reader(arguments: arguments, mark: mark)
        var lines = DockerfileLines(text)
        while let line = lines.next() {
            guard line.isInstruction else { continue }
            guard !line.text.contains(UInt8(ascii: "\r")) else {
                throw line.failure("has a carriage return that does not end a line alone; engines differ on those")
            }
            if line.mayGoOn(lines.escape) {
                throw line.failure("ends with what engines may take for a line that goes on")
            }
            parts += try reader.read(line)
        }
        stages = reader.all
        // The engine may find another sign for that in the comments, which are not sent.
        if lines.escape != UInt8(ascii: "\\") { parts.insert(.text(Array("# escape=".utf8) + [lines.escape]), at: 0) }
        for case .image(let image, _, _) in parts where !images.contains(image) { images.append(image) }
    }

    /// What the engine is given.
    /// - Parameters:
    ///   - label: An instruction after the beginning of each stage that comes from outside.
    ///   - name: What the engine knows an image by.
    func text(label: String, name: (Image) -> String) -> [UInt8] {
        var lines: [[UInt8]] = []
        for part in parts {
            switch part {
            case .text(let text): lines.append(text)
            case .image(let image, let before, let after): lines.append(Array("\(before)\(name(image))\(after)".utf8))
            case .label: lines.append(Array(label.utf8))
            }
        }
        return Array(lines.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    }

    /// What the engine knows the stage by at which a build stops.
    func target(_ stage: String) -> String { stages[stage.lowercased()] ?? stage }

    /// Whether an instruction that an image has for whoever builds upon it copies from another image.
    static func copiesFromImage(_ trigger: String) throws(JobFailure) -> Bool {
        let line = DockerfileLines.Line(Array(trigger.utf8))
        guard ["COPY", "ADD"].contains(line.word) else { return false }
        return try Reader.flags(of: line).contains { $0.hasPrefix("--from=") }
    }

    /// What is known on the way through the file.
    private struct Reader {
        let arguments: [String: String]
        let mark: String
        /// Of `ARG` before the first stage.
        private var values: [String: String] = [:]
        /// The names and numbers of the stages that are complete, and those they have here.
        private var stages: [String: String] = [:]
        private var stage: String?
        /// How many have begun.
        private var count = 0

        init(arguments: [String: String], mark: String) {
            self.arguments = arguments
            self.mark = mark
        }

        /// Those with the last.
        var all: [String: String] {
            guard count > 0 else { return stages }
            var all = stages
            for name in [stage, "\(count - 1)"] { if let name { all[name] = own } }
            return all
        }

        /// The name of the stage that has begun.
        private var own: String { "\(mark)-\(count - 1)" }

        mutating func read(_ line: DockerfileLines.Line) throws(JobFailure) -> [Part] {
            if ["RUN", "COPY", "ADD", "ONBUILD"].contains(line.word), line.hasHereDocument {
                throw line.failure("has a here-document, which engines read only with BuildKit")
            }
            switch line.word {
            case "FROM": return try from(line)
            case "ARG" where count == 0: argument(line)
            case "COPY", "ADD": return [try copy(line)]
            case "ONBUILD":
                let trigger = DockerfileLines.Line(line.rest, number: line.number)
                if ["COPY", "ADD"].contains(trigger.word),
                    try Self.flags(of: trigger).contains(where: { $0.hasPrefix("--from=") })
                {
                    throw line.failure(
                        "copies from an image when others build upon this one; copy it in a stage of its own")
                }
            case let word where Self.words.contains(word): break
            default: throw line.failure("begins with “\(line.word.prefix(40))”, which is no instruction")
            }
            return [.text(line.text)]
        }

        private mutating func from(_ line: DockerfileLines.Line) throws(JobFailure) -> [Part] {
            let flags = try Self.flags(of: line)
            let words = Array(line.words.dropFirst(flags.count))
            guard words.count == 1 || words.count == 3 && words[1].lowercased() == "as",
                flags.allSatisfy({ $0.hasPrefix("--platform=") }), flags.count < 2
            else { throw line.failure("is no “FROM [--platform=…] image [AS name]”") }
            if words.count == 3, words[2].wholeMatch(of: #/[a-zA-Z][a-zA-Z0-9_.\-]*/#) == nil {
                throw line.failure(
                    "names a stage “\(words[2].prefix(80))”; take a letter, then letters, digits, _ . or -")
            }
            stages = all
            count += 1
            stage = words.count == 3 ? words[2].lowercased() : nil
            let name = try expand(words[0], line)
            guard !name.isEmpty else { throw line.failure("names no image: “\(words[0])” is empty") }
            let before = (["FROM"] + flags).joined(separator: " ") + " "
            let after = " AS \(own)"
            if let known = stages[name.lowercased()], Int(name) == nil {
                return [.text(Array("\(before)\(known)\(after)".utf8))]
            }
            if name == "scratch" { return [.text(Array("\(before)\(name)\(after)".utf8)), .label] }
            let platform = try flags.first.map { flag throws(JobFailure) in
                try expand(String(flag.dropFirst("--platform=".count)), line)
            }
            let image = Image(name: name, platform: platform == "" ? nil : platform, isBase: true)
            return [.image(image, before: before, after: after), .label]
        }

        private func copy(_ line: DockerfileLines.Line) throws(JobFailure) -> Part {
            let flags = try Self.flags(of: line)
            guard let flag = flags.first(where: { $0.hasPrefix("--from=") }) else { return .text(line.text) }
            let name = String(flag.dropFirst("--from=".count))
            let others = flags.filter { $0 != flag }.map { "\($0) " }.joined()
            let before = "\(line.word) \(others)--from="
            if let known = stages[name.lowercased()] {
                return .text(Array("\(before)\(known) ".utf8) + line.rest(after: flags.count))
            }
            guard !name.allSatisfy({ ("0"..."9").contains($0) }) else {
                throw line.failure("copies from the stage “\(name)”, which is not complete before it")
            }
            return .image(
                Image(name: name, platform: nil, isBase: false), before: before,
                after: " " + String(decoding: line.rest(after: flags.count), as: UTF8.self))
        }

        private mutating func argument(_ line: DockerfileLines.Line) {
            for word in line.words {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                var value = parts.count == 2 ? parts[1] : nil
                if let text = value, text.count > 1, let quote = text.first, "\"'".contains(quote), text.last == quote {
                    value = String(text.dropFirst().dropLast())
                }
                if let given = arguments[parts[0]] {
                    values[parts[0]] = given
                } else if let value {
                    do { values[parts[0]] = try expand(value, line) } catch { values[parts[0]] = nil }
                }
            }
        }

        /// Replaces `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`, also within their words.
        private func expand(_ word: String, _ line: DockerfileLines.Line) throws(JobFailure) -> String {
            var rest = word[...]
            let result = try expand(&rest, line, depth: 0)
            guard !result.contains(where: { "\"'\\`".contains($0) }) else {
                throw line.failure("has quotes or a backslash in an image's name")
            }
            return result
        }

        /// Takes all there is, or within braces what is before the one that ends them.
        private func expand(
            _ rest: inout Substring, _ line: DockerfileLines.Line, depth: Int
        ) throws(JobFailure) -> String {
            guard depth <= 32 else { throw line.failure("has more than 32 “${” within each other") }
            var result = ""
            while let character = rest.first, depth == 0 || character != "}" {
                rest.removeFirst()
                if character == "$" {
                    result += try variable(&rest, line, depth: depth)
                } else {
                    result.append(character)
                }
            }
            return result
        }

        /// Takes what is behind a `$`.
        private func variable(
            _ rest: inout Substring, _ line: DockerfileLines.Line, depth: Int
        ) throws(JobFailure) -> String {
            let isBraced = rest.first == "{"
            if isBraced { rest.removeFirst() }
            let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            guard !name.isEmpty else { throw line.failure("has a “$” without a name") }
            rest.removeFirst(name.count)
            let value = values[String(name)]
            guard isBraced, rest.first != "}" else {
                if isBraced { rest.removeFirst() }
                return value ?? ""
            }
            let isColon = rest.first == ":"
            if isColon { rest.removeFirst() }
            let rule = rest.popFirst()
            guard rule == "-" || rule == "+" || rule == nil else {
                throw line.failure(
                    "has another rule in “${\(name)…}” than ${NAME}, ${NAME:-…} and ${NAME:+…}, which are known here")
            }
            let word = try expand(&rest, line, depth: depth + 1)
            guard rest.popFirst() == "}" else { throw line.failure("has a “${” without its “}”") }
            let isSet = isColon ? value?.isEmpty == false : value != nil
            if rule == "-" { return isSet ? value ?? "" : word }
            return isSet ? word : ""
        }

        /// The words with `--` that an instruction begins with. The engine would take quotes and backslashes out of them.
        static func flags(of line: DockerfileLines.Line) throws(JobFailure) -> [String] {
            let flags = Array(line.words.prefix { $0.hasPrefix("--") })
            for flag in flags where !flag.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !"\"'\\`".utf8.contains($0) })
            {
                throw line.failure("has “\(flag)”: options are written without quotes and backslashes here")
            }
            // The engine takes these bytes for blanks.
            if let next = line.rest(after: flags.count).first, [0x85, 0xa0].contains(next) {
                throw line.failure("has a byte that is no text after its options")
            }
            return flags
        }

        private static let words: Set<String> = [
            "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "RUN", "SHELL",
            "STOPSIGNAL",
            "USER", "VOLUME", "WORKDIR",
        ]
    }
}
