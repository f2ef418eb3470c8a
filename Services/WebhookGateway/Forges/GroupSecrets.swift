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
            guard pair.count == 2, let group = pair.first.map({ $0.filter { $0 != " " } }), !group.isEmpty,
                group == "*" || RepositoryPath(rawValue: String(group)).problem == nil
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
        case .repository(let path): entries.filter { Self.group($0.group, holds: path) }
        case .alone: []
        case .group(let place): [entries[place]]
        }
    }

    private static func group(_ group: String, holds repository: RepositoryPath) -> Bool {
        group == "*" || repository.rawValue == group || repository.rawValue.hasPrefix(group + "/")
    }

    var description: String { "\(entries.count) group secrets" }
}
