import Contracts
import Runtime
import Secrets

/// Secrets that hold for all repositories below a group: `shop=secret,tools/ci=whsec_…`; `*` is every repository.
struct GroupSecrets: Sendable, CustomStringConvertible {
    private struct Entry: Sendable {
        var group: String
        var kind: Kind
    }
    private enum Kind: Sendable {
        case token([UInt8])
        case signature(StandardWebhook)
    }
    private var entries: [Entry] = []

    init() {}

    /// - Throws: `SettingProblem` that names the entry by its place, never by its value.
    init(_ text: String) throws {
        for (index, part) in text.split(separator: ",").enumerated() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let group = pair.first.map({ $0.filter { $0 != " " } }),
                RepositoryGroup.isOne(String(group))
            else { throw SettingProblem(expected: "group=secret in entry \(index + 1)") }
            let secret = String(pair[1])
            if secret.hasPrefix("whsec_") {
                do {
                    entries.append(Entry(group: String(group), kind: .signature(try StandardWebhook(secret: secret))))
                } catch {
                    throw SettingProblem(expected: "whsec_ and at least 16 bytes in base64 in entry \(index + 1)")
                }
            } else {
                guard secret.utf8.count >= 16 else {
                    throw SettingProblem(expected: "a secret of at least 16 characters in entry \(index + 1)")
                }
                entries.append(Entry(group: String(group), kind: .token(Array(secret.utf8))))
            }
        }
    }

    /// What the groups of the entries are called.
    var names: [String] { entries.map(\.group) }

    func tokens(of holder: HookSecrets.Holder) -> [[UInt8]] {
        entries(of: holder).compactMap { if case .token(let token) = $0.kind { token } else { nil } }
    }

    func signatures(of holder: HookSecrets.Holder) -> [StandardWebhook] {
        entries(of: holder).compactMap { if case .signature(let webhook) = $0.kind { webhook } else { nil } }
    }

    private func entries(of holder: HookSecrets.Holder) -> [Entry] {
        switch holder {
        case .repository(let path): entries.filter { RepositoryGroup.holds($0.group, path) }
        case .alone: []
        case .group(let place): [entries[place]]
        }
    }

    /// The group that has hooks of a repository signed: its groups have a signing secret and no token.
    func signingGroup(of repository: RepositoryPath) -> String? {
        let entries = entries(of: .repository(repository))
        let areSigned = entries.allSatisfy { if case .signature = $0.kind { true } else { false } }
        return areSigned ? entries.first?.group : nil
    }

    /// The groups whose hooks have to be signed.
    var signingGroups: [String] {
        Set(names).filter { signingGroup(of: RepositoryPath(rawValue: $0)) != nil }.sorted()
    }

    var description: String { "\(entries.count) group secrets" }
}

/// Names of groups in settings: a path, for the repository of that path and all below it, or `*` for every repository.
enum RepositoryGroup {
    static func isOne(_ text: String) -> Bool {
        text == "*" || !text.isEmpty && RepositoryPath(rawValue: text).problem == nil
    }

    static func holds(_ group: String, _ repository: RepositoryPath) -> Bool {
        group == "*" || repository.rawValue == group || repository.rawValue.hasPrefix(group + "/")
    }
}

/// The repositories whose hooks have to be signed: `shop,tools/ci`, or `*`.
struct SignedRepositories: Sendable, CustomStringConvertible {
    private let groups: [String]

    init() { groups = [] }

    /// - Throws: `SettingProblem` that names what is no path.
    init(_ text: String) throws {
        groups = text.split(separator: ",").compactMap { $0.wholeMatch(of: /\s*(.*?)\s*/).map { String($0.1) } }
            .filter { !$0.isEmpty }
        if let wrong = groups.first(where: { !RepositoryGroup.isOne($0) }) {
            throw SettingProblem(expected: "a list of paths and groups such as shop,tools/ci, or *: “\(wrong)” is none")
        }
    }

    func contains(_ repository: RepositoryPath) -> Bool {
        groups.contains { RepositoryGroup.holds($0, repository) }
    }

    var description: String { groups.joined(separator: ",") }
}
