public import Contracts
import Crypto
import FoundationEssentials
import Text

/// The keys that seal secrets. The first one seals; all of them open, so that a key can be rotated without losing
/// what was sealed before.
///
/// The platform has keys from which each ``SealAudience`` has its own derived (HKDF-SHA256), `id:base64`. Another service
/// is given what is derived for it, `id@audience:base64`, from which nothing else can be derived. A key that all
/// services of an earlier version had is `id@shared:base64`: it opens what was sealed with it, and seals only for services
/// that have no other yet.
public struct KeyRing: Sendable {
    private struct Entry {
        var id: String
        /// `nil` for the platform's.
        var holder: String?
        var key: SymmetricKey

        var isShared: Bool { holder == KeyRing.shared }
        /// Whether every audience's key is derived from it.
        var isRoot: Bool { holder == nil || isShared }

        func opens(_ audience: String) -> Bool { isRoot || holder == audience }
    }

    private static let shared = "shared"

    private let entries: [Entry]

    /// Reads entries separated by commas; each key has 32 bytes.
    /// - Throws: ``SecretsError`` that names the entry by its place, never by its value.
    public init(_ text: String) throws(SecretsError) {
        var entries: [Entry] = []
        for (index, text) in text.split(separator: ",").enumerated() {
            let entry = try Self.entry(text.trimmingWhitespace(), place: index + 1)
            guard !entries.contains(where: { $0.id == entry.id && $0.holder == entry.holder }) else {
                throw SecretsError(.malformedKey, "key “\(entry.id)” is there twice")
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else { throw SecretsError(.malformedKey, "there is no key; give id:base64") }
        self.init(entries)
    }

    private init(_ entries: [Entry]) {
        self.entries = entries
    }

    private static func entry(_ text: Substring, place: Int) throws(SecretsError) -> Entry {
        let parts = text.split(separator: ":", maxSplits: 1)
        let name = parts.first?.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, let id = name.first, !id.isEmpty,
            id.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }), name.last?.isEmpty == false
        else {
            throw SecretsError(
                .malformedKey,
                "entry \(place) is not an id:base64 pair, such as 2026:<output of openssl rand -base64 32>")
        }
        guard let bytes = Data(base64Encoded: String(parts[1])), bytes.count == 32 else {
            throw SecretsError(
                .malformedKey, "key “\(parts[0])” is not 32 bytes in base64; make one with openssl rand -base64 32")
        }
        return Entry(id: String(id), holder: name.count == 2 ? String(name[1]) : nil, key: SymmetricKey(data: bytes))
    }

    /// The ids of the platform's keys, the one that seals first; empty where this is another service's ring.
    public var platformKeys: [String] { entries.filter { $0.holder == nil }.map(\.id) }

    /// The ids of the keys that all services of an earlier version had.
    public var sharedKeys: [String] { entries.filter(\.isShared).map(\.id) }

    /// The ids of the keys that an audience's values can be opened with here.
    public func keys(of audience: SealAudience) -> [String] {
        entries.filter { $0.opens(audience.name) }.map(\.id)
    }

    /// Seals a text (AES-256-GCM, a random nonce), bound to where it is used.
    /// - Parameters:
    ///   - text: what is kept secret.
    ///   - binding: not secret; it goes along.
    ///   - receiver: the ids of the keys that its audience has; `nil` for all of them.
    /// - Throws: ``SecretsError`` `unknownKey` where there is no key that its audience has.
    public func seal(
        _ text: String, for binding: SealBinding, with receiver: [String]? = nil
    ) throws(SecretsError) -> SealedSecret {
        let own = entries.filter { $0.opens(binding.audience) }
        guard let entry = own.first(where: { receiver?.contains($0.id) ?? true }) else {
            throw SecretsError(
                .unknownKey,
                "nothing can be sealed for \(binding.audience): it has \(Self.list(receiver ?? [])), and this service "
                    + "\(Self.list(own.map(\.id)))")
        }
        do {
            let place = Base64URL.encode(try Wire.encode(binding))
            let head = "v2.\(entry.id).\(place)"
            let box = try AES.GCM.seal(
                Data(text.utf8), using: key(entry, binding.audience), authenticating: Data(head.utf8))
            guard let combined = box.combined else { throw SecretsError(.malformedSecret, "sealing gave no box") }
            return SealedSecret(rawValue: "\(head).\(Base64URL.encode(combined))")
        } catch let error as SecretsError {
            throw error
        } catch {
            throw SecretsError(.malformedSecret, "sealing failed: \(error)")
        }
    }

    /// Opens what ``seal(_:for:with:)`` made for the same binding, and what an earlier version sealed for its purpose.
    /// - Throws: ``SecretsError`` that says what does not match, with the key's id where that key is not here.
    public func open(_ secret: SealedSecret, for binding: SealBinding) throws(SecretsError) -> String {
        let parts = secret.rawValue.split(separator: ".", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("v1", 3):
            return try openUnbound(parts[1], parts[2], binding.purpose)
        case ("v2", 4):
            guard let place = Base64URL.decode(parts[2]), let sealed = try? Wire.decode(SealBinding.self, from: place)
            else { throw SecretsError(.malformedSecret, "what the secret is bound to cannot be read") }
            if let difference = sealed.difference(from: binding) {
                throw SecretsError(.otherBinding, "the secret was sealed \(difference)")
            }
            let own = entries.filter { $0.opens(binding.audience) }
            guard let entry = own.first(where: { $0.id == parts[1] }) else {
                throw SecretsError(
                    .unknownKey,
                    "the secret was sealed for \(binding.audience) with key “\(parts[1])”, and this service has "
                        + "\(Self.list(own.map(\.id))); add it to SLIPWAY_SEAL_KEYS")
            }
            let head = parts[0...2].joined(separator: ".")
            return try Self.open(parts[3], with: key(entry, binding.audience), authenticating: head, id: entry.id)
        default:
            throw SecretsError(
                .malformedSecret, "this is not a sealed secret (v2.<key id>.<what it is bound to>.<base64url>)")
        }
    }

    /// Seals as an earlier version did, with a key that all its services have and bound to the purpose alone.
    /// - Throws: ``SecretsError`` `unknownKey` where this is a ring without such a key.
    public func sealUnbound(_ text: String, as purpose: SealBinding.Purpose) throws(SecretsError) -> SealedSecret {
        guard let entry = entries.first(where: \.isShared) ?? entries.first(where: \.isRoot) else {
            throw SecretsError(.unknownKey, "there is no key that services of an earlier version have")
        }
        do {
            let box = try AES.GCM.seal(
                Data(text.utf8), using: entry.key, authenticating: Data(purpose.rawValue.utf8))
            guard let combined = box.combined else { throw SecretsError(.malformedSecret, "sealing gave no box") }
            return SealedSecret(rawValue: "v1.\(entry.id).\(Base64URL.encode(combined))")
        } catch let error as SecretsError {
            throw error
        } catch {
            throw SecretsError(.malformedSecret, "sealing failed: \(error)")
        }
    }

    private func openUnbound(
        _ id: Substring, _ box: Substring, _ purpose: SealBinding.Purpose
    ) throws(SecretsError) -> String {
        guard let entry = entries.first(where: { $0.isRoot && $0.id == id }) else {
            throw SecretsError(
                .unknownKey,
                "the secret was sealed by an earlier version with key “\(id)”, which this service does not have")
        }
        return try Self.open(box, with: entry.key, authenticating: purpose.rawValue, id: entry.id)
    }

    private static func open(
        _ box: Substring, with key: SymmetricKey, authenticating head: String, id: String
    ) throws(SecretsError) -> String {
        guard let combined = Base64URL.decode(box) else {
            throw SecretsError(.malformedSecret, "the sealed secret is not base64url")
        }
        do {
            let opened = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: combined), using: key, authenticating: Data(head.utf8))
            return String(decoding: opened, as: UTF8.self)
        } catch {
            throw SecretsError(
                .notAuthentic, "the secret does not open with key “\(id)”: it was changed, or the key is another")
        }
    }

    private func key(_ entry: Entry, _ audience: String) -> SymmetricKey {
        entry.isRoot ? Self.derive(entry.key, audience) : entry.key
    }

    private static func derive(_ key: SymmetricKey, _ audience: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, info: Data("slipway seal v2\n\(audience)".utf8), outputByteCount: 32)
    }

    private static func list(_ ids: [String]) -> String {
        ids.isEmpty ? "no key" : ids.map { "“\($0)”" }.joined(separator: ", ")
    }
}

extension KeyRing {
    /// The text of the ring that a service is given: for each of the platform's keys what is derived for its audiences.
    public func text(for audiences: [SealAudience]) -> String {
        Self.text(
            entries.filter { $0.holder == nil }.flatMap { entry in
                audiences.map { audience in
                    Entry(id: entry.id, holder: audience.name, key: Self.derive(entry.key, audience.name))
                }
            })
    }

    /// The text of this ring.
    public var text: String { Self.text(entries) }

    private static func text(_ entries: [Entry]) -> String {
        entries.map { entry in
            let key = entry.key.withUnsafeBytes { Data($0).base64EncodedString() }
            return "\(entry.id)\(entry.holder.map { "@\($0)" } ?? ""):\(key)"
        }.joined(separator: ",")
    }

    /// With a new key, which seals from now on.
    public func adding(_ id: String) -> KeyRing {
        KeyRing([Entry(id: id, holder: nil, key: SymmetricKey(size: .bits256))] + entries)
    }

    /// Without a key.
    public func removing(_ id: String) -> KeyRing { KeyRing(entries.filter { $0.id != id }) }

    /// With all of its keys taken for those that all services had.
    var sharing: KeyRing {
        KeyRing(entries.map { Entry(id: $0.id, holder: Self.shared, key: $0.key) })
    }

    /// A ring of one new key.
    static func new(_ id: String) -> KeyRing { KeyRing([]).adding(id) }
}

extension SealedSecret {
    /// The id of the key it was sealed with; `nil` for what is not sealed.
    public var key: String? {
        let parts = rawValue.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 2 ? String(parts[1]) : nil
    }

    /// Whether it is bound to a place, and sealed with this key.
    public func isBound(with key: String) -> Bool { rawValue.hasPrefix("v2.\(key).") }
}

extension Substring {
    fileprivate func trimmingWhitespace() -> Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
