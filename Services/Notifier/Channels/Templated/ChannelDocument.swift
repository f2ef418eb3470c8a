import Contracts
import FoundationEssentials
import Secrets

/// The document that `SLIPWAY_CHANNELS_FILE` names: a list of channels, each an object.
enum ChannelDocument {
    /// - Throws: ``ChannelProblem`` with the channel, the value that is wrong and what it should be.
    static func read(_ text: String) throws -> [ChannelSpecification] {
        let document: JSONValue
        do {
            document = try Wire.decode(JSONValue.self, from: Data(text.utf8))
        } catch {
            throw ChannelProblem("the document is no JSON: \(error)", remedy: "write a list of objects")
        }
        guard case .array(let entries) = document else {
            throw ChannelProblem(
                "the document is no list", remedy: "write [{\"name\": …, \"preset\": …, \"url_file\": …}]")
        }
        var names: Set<String> = []
        return try entries.enumerated().map { index, entry in
            let name = entry["name"]?.string
            do {
                let channel = try Entry(entry).specification()
                guard names.insert(channel.name).inserted else {
                    throw ChannelProblem("its name is there twice", remedy: "give each its own name")
                }
                return channel
            } catch let problem as ChannelProblem {
                let label = name.map { "the channel “\($0.prefix(60))”" } ?? "channel \(index + 1)"
                throw ChannelProblem("\(label): \(problem.problem)", remedy: problem.remedy)
            }
        }
    }

    /// One channel, member by member.
    private struct Entry {
        private let members: [String: JSONValue]

        private static let known = [
            "name", "preset", "url", "url_file", "secret_file", "signature", "headers", "template", "template_file",
            "answer", "events", "repositories",
        ]

        init(_ value: JSONValue) throws {
            guard case .object(let members) = value else {
                throw ChannelProblem("it is no object", remedy: "write {\"name\": …, \"preset\": …, \"url_file\": …}")
            }
            self.members = members
            if let unknown = members.keys.sorted().first(where: { !Self.known.contains($0) }) {
                throw ChannelProblem(
                    "“\(unknown)” is no member of a channel", remedy: "use \(Self.known.joined(separator: ", "))")
            }
        }

        func specification() throws -> ChannelSpecification {
            guard let name = try text("name"), !name.isEmpty, name.utf8.count <= 60,
                name.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: ",") })
            else {
                throw ChannelProblem(
                    "it has no name of 1 to 60 letters, digits and signs", remedy: "give it one, such as \"ops\"")
            }
            let preset = try preset()
            let template = try body(preset)
            let signing = try signing(preset)
            if signing?.signature == .feishu, try !self.template(preset).contains("{{sign}}") {
                throw ChannelProblem(
                    "its template has no {{sign}}, in which Feishu looks for the signature",
                    remedy: #"write "timestamp": "{{timestamp}}" and "sign": "{{sign}}" into it"#)
            }
            return ChannelSpecification(
                name: name, url: try url(), headers: try headers(), template: template, signing: signing,
                answer: try answer() ?? preset?.answer,
                filter: EventFilter(events: try events(), repositories: try list("repositories")))
        }

        private func preset() throws -> ChannelPreset? {
            guard let name = try text("preset") else { return nil }
            guard let preset = ChannelPreset.all.first(where: { $0.name == name }) else {
                throw ChannelProblem(
                    "“\(name)” is no preset",
                    remedy: "use \(ChannelPreset.all.map(\.name).joined(separator: ", ")), or none and a template")
            }
            return preset
        }

        private func url() throws -> String {
            guard let url = try text("url") ?? file("url_file") else {
                throw ChannelProblem("it has no url", remedy: "give url_file, a file with its address, or url")
            }
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), !url.contains("@"),
                url.utf8.allSatisfy({ (33...126).contains($0) }), !url.contains("#")
            else {
                throw ChannelProblem(
                    "its url is no http or https address without a user in it",
                    remedy: "give the address as the chat shows it")
            }
            return url
        }

        private func template(_ preset: ChannelPreset?) throws -> String {
            guard let text = try text("template") ?? file("template_file") ?? preset?.template else {
                throw ChannelProblem(
                    "it has neither a preset nor a template", remedy: #"give a template such as {"text": "{{text}}"}"#)
            }
            return text
        }

        private func body(_ preset: ChannelPreset?) throws -> BodyTemplate {
            try BodyTemplate(template(preset), escape: preset?.escape ?? .json)
        }

        private func signing(_ preset: ChannelPreset?) throws -> ChannelSpecification.Signing? {
            var signature = preset == nil ? ChannelSignature.hmac : preset?.signature
            if let name = try text("signature") {
                guard let known = ChannelSignature(rawValue: name) else {
                    let all = ChannelSignature.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ChannelProblem("“\(name)” is no signature", remedy: "use \(all)")
                }
                signature = known
            }
            guard members["secret_file"] != nil else {
                guard members["signature"] == nil else {
                    throw ChannelProblem(
                        "it has a signature and nothing to sign with",
                        remedy: "give secret_file, a file with the secret")
                }
                return nil
            }
            guard let signature else {
                throw ChannelProblem(
                    "\(preset?.name ?? "") checks no signature: its address is its secret",
                    remedy: "take secret_file away")
            }
            guard let secret = try file("secret_file"), !secret.isEmpty else {
                throw ChannelProblem("its secret_file is empty", remedy: "write the secret into it")
            }
            if signature == .standard {
                do {
                    _ = try StandardWebhook(secret: secret)
                } catch {
                    throw ChannelProblem("its secret_file: \(error)", remedy: "write that into secret_file")
                }
            }
            return .init(signature: signature, secret: secret)
        }

        private func headers() throws -> [(name: String, value: String)] {
            guard let value = members["headers"] else { return [] }
            guard case .object(let headers) = value else {
                throw ChannelProblem("its headers are no object", remedy: "write {\"X-Name\": \"value\"}")
            }
            return try headers.sorted { $0.key < $1.key }.map { name, value in
                guard let text = value.string, !name.isEmpty,
                    name.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: ":") }),
                    text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 })
                else {
                    throw ChannelProblem(
                        "its header “\(name.prefix(60))” is no name with a text of one line",
                        remedy: "write {\"X-Name\": \"value\"}")
                }
                return (name, text)
            }
        }

        /// `{"member": "errcode", "is": 0}` or `{"text": "ok"}`
        private func answer() throws -> ChannelAnswer? {
            guard let answer = members["answer"] else { return nil }
            if case .object(let members) = answer {
                if members.count == 1, let text = members["text"]?.string { return .text(text) }
                if members.count == 2, let name = members["member"]?.string, let value = members["is"] {
                    return .member(name, value)
                }
            }
            throw ChannelProblem(
                "its answer is not what an answer has to say",
                remedy: #"write {"member": "errcode", "is": 0} or {"text": "ok"}"#)
        }

        private func events() throws -> [String] {
            let events = try list("events")
            for event in events
            where !EventFilter.known.contains(where: { EventFilter.pattern(event, matches: $0, at: ".") }) {
                throw ChannelProblem(
                    "there is no event “\(event)”",
                    remedy: "use \(EventFilter.known.joined(separator: ", ")), or service.*")
            }
            return events
        }

        // MARK: Members

        private func text(_ name: String) throws -> String? {
            guard let value = members[name] else { return nil }
            guard let text = value.string else {
                throw ChannelProblem("its \(name) is no text", remedy: "put it in quotes")
            }
            return text
        }

        private func list(_ name: String) throws -> [String] {
            guard let value = members[name] else { return [] }
            guard case .array(let values) = value, !values.isEmpty, case let texts = values.compactMap(\.string),
                texts.count == values.count
            else {
                throw ChannelProblem(
                    "its \(name) are no list of texts", remedy: "write [\"…\"], or leave it out for what is usual")
            }
            return texts
        }

        /// What a file has that a member names, without white space around it.
        private func file(_ name: String) throws -> String? {
            guard let path = try text(name) else { return nil }
            do {
                let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                let lines = text.drop(while: \.isWhitespace)
                return String(lines.prefix(lines.count - lines.reversed().prefix(while: \.isWhitespace).count))
            } catch {
                throw ChannelProblem("its \(name) \(path) cannot be read: \(error)", remedy: "name a file it may read")
            }
        }
    }
}
