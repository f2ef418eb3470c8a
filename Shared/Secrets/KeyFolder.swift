public import Contracts
import FoundationEssentials

/// The files of an installation's seal keys: `seal-keys-pipeline` with the platform's own, and for each other service
/// one with what is derived for it, such as `seal-keys-sync`, `seal-keys-builder-gpu` and `seal-keys-deployer-east+west`.
///
/// The platform's file is written first when a key is made and last when one is retired, so that whatever the end of this
/// program leaves is put right by doing it again.
public struct KeyFolder {
    /// Writes a file whole or not at all, for its owner alone.
    public typealias Write = (_ path: String, _ text: String) throws -> Void

    private let path: String
    private let write: Write

    public init(_ path: String, write: @escaping Write) {
        self.path = path
        self.write = write
    }

    private static let prefix = "seal-keys-"

    /// The file of a service: `pipeline`, `sync`, `builder-<pool>`, `deployer-<cluster>`.
    public static func file(of service: String) -> String { prefix + service }

    /// The one ring that all services of an earlier version had.
    private static let former = "seal-keys"

    /// The services that have keys of the platform's.
    /// - Parameters:
    ///   - pools: of builders.
    ///   - clusters: what each deployer serves.
    public static func services(pools: [String], clusters: [[String]]) -> [String] {
        ["sync"] + pools.map { "builder-\($0)" } + clusters.map { "deployer-\($0.joined(separator: "+"))" }
    }

    /// Makes what is missing. Keys that all services of an earlier version had stay with the platform, to open with; they
    /// seal nothing any more.
    /// - Parameter services: see ``services(pools:clusters:)``.
    /// - Returns: the files.
    /// - Throws: ``SecretsError`` for a file that holds no keys; what keeps files from being read or written.
    @discardableResult
    public func make(_ services: [String], today: Timestamp = .now) throws -> [String] {
        let ring: KeyRing
        if let own = try self.ring() {
            ring = own
        } else {
            let former = try text(of: Self.former).map { try KeyRing($0) }
            let id = Self.id(today, beside: former?.platformKeys ?? [])
            ring = former?.sharing.adding(id) ?? .new(id)
            try write(path + "/" + Self.file(of: "pipeline"), ring.text)
        }
        return try derive(ring, services)
    }

    /// Makes a key that seals from now on; the others still open.
    /// - Returns: the key's id.
    /// - Throws: ``SecretsError`` where there are no keys yet; what keeps files from being read or written.
    public func rotate(today: Timestamp = .now) throws -> String {
        let ring = try known()
        let id = Self.id(today, beside: ring.platformKeys + ring.sharedKeys)
        let rotated = ring.adding(id)
        try write(path + "/" + Self.file(of: "pipeline"), rotated.text)
        try derive(rotated, [])
        return id
    }

    /// Takes a key out of all files.
    /// - Throws: ``SecretsError`` `unknownKey` for one that is not there or seals; what keeps files from being written.
    public func retire(_ id: String) throws {
        let ring = try known()
        guard (ring.platformKeys + ring.sharedKeys).contains(id) else {
            throw SecretsError(.unknownKey, "there is no key “\(id)” in \(path)/\(Self.file(of: "pipeline"))")
        }
        guard ring.platformKeys.first != id else {
            throw SecretsError(.unknownKey, "the key “\(id)” seals: make another one first (rotate)")
        }
        let rest = ring.removing(id)
        try derive(rest, [])
        if rest.sharedKeys.isEmpty, FileManager.default.fileExists(atPath: path + "/" + Self.former) {
            try FileManager.default.removeItem(atPath: path + "/" + Self.former)
        }
        try write(path + "/" + Self.file(of: "pipeline"), rest.text)
    }

    /// The platform's ring; `nil` where there is none yet.
    /// - Throws: ``SecretsError`` for a file that holds no keys.
    public func ring() throws -> KeyRing? { try text(of: Self.file(of: "pipeline")).map { try KeyRing($0) } }

    private func known() throws -> KeyRing {
        guard let ring = try ring() else {
            throw SecretsError(.malformedKey, "there is no \(path)/\(Self.file(of: "pipeline")); make the keys first")
        }
        return ring
    }

    /// Writes the files of these services and of those that have one.
    @discardableResult
    private func derive(_ ring: KeyRing, _ services: [String]) throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(Self.prefix) }
        // What was being written when a program ended is beside its file.
        let there = files.filter { file in !files.contains { file == $0 + ".new" } }
            .map { String($0.dropFirst(Self.prefix.count)) }
        let services = Set(there + services).subtracting(["pipeline"]).sorted()
        for service in services {
            let text = ring.text(for: SealAudience.all(of: service))
            let file = Self.file(of: service)
            if try self.text(of: file) != text { try write(path + "/" + file, text) }
        }
        return (["pipeline"] + services).map { path + "/" + Self.file(of: $0) }
    }

    private func text(of file: String) throws -> String? {
        guard FileManager.default.fileExists(atPath: path + "/" + file) else { return nil }
        return try String(contentsOfFile: path + "/" + file, encoding: .utf8)
            .split(whereSeparator: \.isWhitespace).joined()
    }

    /// The day, and a number where it has a key already.
    private static func id(_ today: Timestamp, beside others: [String]) -> String {
        let day = String(today.description.prefix(10))
        let number = (1...).first { !others.contains($0 == 1 ? day : "\(day)-\($0)") } ?? 1
        return number == 1 ? day : "\(day)-\(number)"
    }

    /// The day that a key was made on, by its id; `nil` for one that was not made here.
    public static func day(of id: String) -> String? {
        let day = id.prefix(10)
        return day.count == 10 && day.split(separator: "-").map(\.count) == [4, 2, 2]
            && day.allSatisfy { $0.isNumber || $0 == "-" } ? String(day) : nil
    }
}
