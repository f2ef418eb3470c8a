import FoundationEssentials
import Glibc

/// Starts programs that outlive this one: in their own session, without a terminal, their output in a file.
enum DetachedProcess {
    static func start(
        _ executable: String, arguments: [String] = [], environment: [String: String], directory: String, log: String
    ) throws -> ProcessRecord {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // This process ignores SIGPIPE; a child would inherit that.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // The threads that run tasks block nearly every signal, SIGTERM included; a child would inherit that, too.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | newSession)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // A pipe of the caller that stayed open in a service would keep the caller's reader waiting.
        for descriptor in openDescriptors where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var pid = pid_t()
        // The shell only changes the folder; the program takes its place and its number.
        let shell = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, directory, executable] + arguments
        let result = withCStrings(shell) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environment)
            }
        }
        guard result == 0 else {
            throw CommandError("\(executable) cannot be started: \(String(cString: strerror(result)))")
        }
        guard let record = ProcessRecord(runningWith: pid) else {
            throw CommandError("\(executable) ended at once", remedy: "see \(log)")
        }
        return record
    }

    /// `POSIX_SPAWN_SETSID`, which the C library keeps from programs that do not ask for its extensions.
    private static let newSession: Int16 = 0x80

    private static var openDescriptors: [Int32] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        } catch {
            return Array(3..<64)
        }
    }

    /// Takes note of a child's end, so that it does not stay a zombie. Harmless for any other process.
    static func reap(_ record: ProcessRecord) {
        var status: Int32 = 0
        _ = waitpid(record.pid, &status, WNOHANG)
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        var pointers = texts.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
