import FoundationEssentials
import Synchronization
import Text

/// The time zones of this machine, each read once.
final class TimeZones: Sendable {
    private let folder: String
    private let known = Mutex<[String: TimeZoneRules]>(["UTC": .utc])

    init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    func rules(of name: String) throws(Freeze.Malformed) -> TimeZoneRules {
        if let rules = known.withLock({ $0[name] }) { return rules }
        // A name is no way to other files.
        guard !name.isEmpty, !name.hasPrefix("/"), name.utf8.allSatisfy(Self.isOfName) else {
            throw .unknown(zone: name)
        }
        let file = "\(folder)/\(name)"
        guard FileManager.default.fileExists(atPath: file) else {
            throw FileManager.default.fileExists(atPath: folder)
                ? .unknown(zone: name)
                : Freeze.Malformed(
                    text:
                        "the time zone “\(name)” cannot be read: the platform's machine has no \(folder); install its "
                        + "time zones (tzdata), or write it in UTC")
        }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw Freeze.Malformed(text: "the time zone “\(name)” cannot be read: \(file): \(error)")
        }
        guard let rules = TimeZoneRules(Array(bytes)) else {
            throw Freeze.Malformed(text: "the time zone “\(name)” cannot be read: \(file) is no time zone's file")
        }
        known.withLock { $0[name] = rules }
        return rules
    }

    /// The rules of a zone, or why they cannot be read.
    func read(_ name: String) -> Result<TimeZoneRules, Freeze.Malformed> {
        Result { () throws(Freeze.Malformed) in try rules(of: name) }
    }
}
