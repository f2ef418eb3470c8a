import FoundationEssentials
import Synchronization
import Text

/// The time zones of this machine, each read once.
final class TimeZones: Sendable {
    private let folder: String
    private let known = Mutex<[String: TimeZoneRules]>(["UTC": .utc])

    init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// - Returns: `nil` where there is no such zone, or its file cannot be read.
    func rules(of name: String) -> TimeZoneRules? {
        if let rules = known.withLock({ $0[name] }) { return rules }
        // A name is no way to other files.
        let isName = !name.isEmpty && !name.hasPrefix("/") && !name.contains("..")
        guard isName, let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)"),
            let rules = TimeZoneRules(Array(bytes))
        else { return nil }
        known.withLock { $0[name] = rules }
        return rules
    }
}
