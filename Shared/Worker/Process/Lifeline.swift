import Glibc
import SystemPackage
import Text

/// What all processes of a step hold open without knowing it, from the first on: it tells whether one is left, and which,
/// also of those that cleared their environment and left their session. A control group would do the same, but for the
/// 10 ms that putting a process into one takes.
final class Lifeline: Sendable {
    /// Its number in the step's processes. A command that takes the number for itself loses the line, no more.
    private static let number = 9

    private let end: Int32
    /// Whom the step runs as.
    private let user: uid_t

    /// - Throws: `Errno`
    init(_ path: FilePath, user: ProcessUser?) throws(Errno) {
        self.user = user?.id ?? geteuid()
        guard path.withPlatformString({ mkfifo($0, 0o600) }) == 0 else { throw Errno(rawValue: errno) }
        end = path.withPlatformString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard end >= 0 else { throw Errno(rawValue: errno) }
    }

    deinit { close(end) }

    /// The shell's line that takes hold of it.
    static func take(_ path: FilePath) -> String { "exec \(number)> \(ShellWord.quote(path.string))" }

    /// Kills all processes of the step's user that hold it. Others may have been handed it, for them to be killed.
    /// - Returns: Whether there were any.
    func cut() async -> Bool {
        var wasHeld = false
        for round in 0..<200 where isHeld {
            let processes = ProcessTable.find(holding: end, of: user)
            if processes.isEmpty { break }
            wasHeld = true
            for process in processes { kill(process, SIGKILL) }
            await ProcessSweep.sleep(.milliseconds(min(50, 1 << min(round, 6))))
        }
        return wasHeld
    }

    /// Whether somebody may hold it. It is read once: who writes to it as fast as he can would keep a reader for ever.
    private var isHeld: Bool {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(end, &bytes, bytes.count)
        // The end of a pipe is where nobody can write to it any more, and nothing is left of what was written.
        return count > 0 || count < 0 && errno == EAGAIN
    }
}
