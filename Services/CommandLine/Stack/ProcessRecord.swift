import Contracts
import FoundationEssentials
import Glibc

/// A process that was started here. Its number alone would not do: the system gives numbers again, and another
/// program must never be ended in the place of ours. With the moment it began it is one of a kind.
struct ProcessRecord: Codable, Sendable, Equatable {
    var pid: Int32
    /// In clock ticks since the machine's start, from `/proc/PID/stat`.
    var began: UInt64

    /// The record of a process that runs, or `nil` if none does.
    init?(runningWith pid: Int32) {
        guard let began = Self.began(pid) else { return nil }
        self.pid = pid
        self.began = began
    }

    var isAlive: Bool { Self.began(pid) == began }

    /// Sends a signal if the process is still the one that was started; its whole session where `toGroup` is set.
    func signal(_ signal: Int32, toGroup: Bool = false) {
        guard isAlive else { return }
        _ = kill(toGroup ? -pid : pid, signal)
    }

    /// The record in a file, or `nil` where there is none.
    static func load(_ path: String) throws -> ProcessRecord? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try Wire.decode(ProcessRecord.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandError("\(path) cannot be read: \(error)", remedy: "remove it if the process is gone")
        }
    }

    func save(_ path: String) throws { try SecretFile.write(Wire.encode(self), to: path) }

    /// When a process began; `nil` where it is gone, a zombie included.
    private static func began(_ pid: Int32) -> UInt64? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        // The name in parentheses may hold anything, so the fields are counted from behind it: state is the first,
        // starttime the twentieth.
        guard let end = data.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = String(decoding: data[(end + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
