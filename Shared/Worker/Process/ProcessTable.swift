import Glibc
import SystemPackage

/// The processes of this machine, as far as `/proc` shows them to the worker's user.
enum ProcessTable {
    /// The processes that carry the mark, and those of the session, this process never among them.
    ///
    /// A process carries what was in its environment when it was started, whatever it did to it since.
    static func find(_ mark: ProcessMark, session: pid_t? = nil) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        let needle = Array("\(ProcessMark.variable)=\(mark.text)".utf8)
        let own = getpid()
        var found: [pid_t] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while let entry = readdir(directory) {
            guard let process = number(&entry.pointee.d_name.0, limit: 16), process != own else { continue }
            if let session, getsid(process) == session {
                if !isZombie(process, &buffer) { found.append(process) }
            } else if contains(needle, read("/proc/\(process)/environ", &buffer)) {
                found.append(process)
            }
        }
        return found
    }

    /// The processes that belong to a user, by any of its ids.
    static func find(_ user: ProcessUser) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let entry = readdir(directory) {
            guard let process = number(&entry.pointee.d_name.0, limit: 16) else { continue }
            let status = read("/proc/\(process)/status", &buffer)
            for line in status.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Uid:".utf8) {
                let ids = line.dropFirst(4).split(separator: UInt8(ascii: "\t"))
                if ids.contains(where: { UInt32(String(decoding: $0, as: UTF8.self)) == user.id }),
                    !isZombie(process, &buffer)
                {
                    found.append(process)
                }
                break
            }
        }
        return found
    }

    /// The processes of a user that have a file open that this one has, this process never among them.
    static func find(holding descriptor: Int32, of user: uid_t) -> [pid_t] {
        var wanted = stat()
        guard fstat(descriptor, &wanted) == 0, let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        let own = getpid()
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            guard let process = number(&entry.pointee.d_name.0, limit: 16), process != own else { continue }
            let files = FilePath("/proc/\(process)/fd")
            var owner = stat()
            guard files.withPlatformString({ stat($0, &owner) }) == 0, owner.st_uid == user else { continue }
            let holds = FileTree.names(in: files).contains { name in
                var status = stat()
                return files.appending(name).withPlatformString { stat($0, &status) } == 0
                    && status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev
            }
            if holds { found.append(process) }
        }
        return found
    }

    /// Whether a child has ended, without collecting it.
    static func hasEnded(_ child: pid_t) -> Bool {
        var info = siginfo_t()
        let result = waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT)
        // Nothing to wait for any more: it was collected already.
        if result != 0 { return errno == ECHILD }
        return info.si_signo != 0
    }

    private static func number(_ text: UnsafeMutablePointer<CChar>, limit: Int) -> pid_t? {
        var value: pid_t = 0
        for index in 0..<limit {
            let byte = UInt8(bitPattern: text[index])
            if byte == 0 { return index > 0 ? value : nil }
            guard byte >= 48, byte <= 57 else { return nil }
            value = value &* 10 &+ pid_t(byte - 48)
        }
        return nil
    }

    private static func read(_ path: String, _ buffer: inout [UInt8]) -> ArraySlice<UInt8> {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var length = 0
        while length < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(file, bytes.baseAddress?.advanced(by: length), bytes.count - length)
            }
            if count <= 0 { break }
            length += count
        }
        return buffer.prefix(length)
    }

    /// A zombie cannot be killed and does nothing any more; whoever started it has to collect it.
    private static func isZombie(_ process: pid_t, _ buffer: inout [UInt8]) -> Bool {
        let status = read("/proc/\(process)/stat", &buffer)
        // `pid (name) state …`, and the name may hold anything, `)` included.
        guard let end = status.lastIndex(of: UInt8(ascii: ")")), end + 2 < status.endIndex else { return true }
        return status[end + 2] == UInt8(ascii: "Z")
    }

    /// Whether the environment, variables ended by NUL, has one that begins with the needle.
    private static func contains(_ needle: [UInt8], _ environment: ArraySlice<UInt8>) -> Bool {
        environment.withUnsafeBytes { bytes in
            needle.withUnsafeBytes { pattern in
                guard let start = bytes.baseAddress, let first = pattern.baseAddress else { return false }
                var position = 0
                while position + pattern.count <= bytes.count {
                    if memcmp(start + position, first, pattern.count) == 0 { return true }
                    guard let end = memchr(start + position, 0, bytes.count - position) else { return false }
                    position = start.distance(to: UnsafeRawPointer(end)) + 1
                }
                return false
            }
        }
    }
}
