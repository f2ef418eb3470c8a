import Glibc
import Synchronization

/// Exclusive use of something among processes: `flock(2)` on a file. It ends with the process, however that ends.
///
/// The file says whether the last holder gave it back, so that the next one knows when to clear up after a crash. It is
/// never removed: who waits for it would hold a file that nobody else sees.
public final class FileLock: Sendable {
    /// Whether the last holder ended in the middle, or nobody is known to have held it: what it guards may be half done.
    public let isAbandoned: Bool
    private let descriptor: Mutex<Int32?>

    /// Takes the lock if it is free.
    /// - Parameter path: of the file, which is made where there is none.
    /// - Returns: `nil` where another process, or another part of this one, holds it.
    /// - Throws: ``FileLockError`` where the file cannot be made or locked.
    public static func take(_ path: String) throws(FileLockError) -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileLockError(path: path, code: errno) }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw FileLockError(path: path, code: code)
        }
        return FileLock(locked: descriptor)
    }

    /// Takes the lock, and waits until it is free.
    /// - Parameters:
    ///   - limit: how long it is waited; `nil` for as long as it takes.
    ///   - interval: the longest time between two looks; the first ones come sooner.
    /// - Returns: `nil` where it was not free within the limit.
    /// - Throws: ``FileLockError``; `CancellationError` when cancelled.
    public static func take(
        _ path: String, within limit: Duration?, every interval: Duration = .milliseconds(200)
    ) async throws -> FileLock? {
        // A call that blocks could not be cancelled and would hold a thread: looking again costs a system call.
        let deadline = limit.map { ContinuousClock.now + $0 }
        var pause = Duration.milliseconds(2)
        while true {
            if let lock = try take(path) { return lock }
            if let deadline, deadline <= .now { return nil }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, interval)
        }
    }

    private init(locked descriptor: Int32) {
        isAbandoned = Self.read(descriptor) != Self.free
        Self.write("", descriptor)
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Gives it back.
    /// - Parameter isWhole: whether what it guards is; else the next holder learns that it ``isAbandoned``.
    public func release(isWhole: Bool = true) {
        descriptor.withLock { held in
            guard let descriptor = held else { return }
            held = nil
            if isWhole { Self.write(Self.free, descriptor) }
            // Not by closing alone: a program that is being started has a copy for a moment.
            _ = flock(descriptor, LOCK_UN)
            close(descriptor)
        }
    }

    /// A crash of the machine may bring an older content of the file back: it counts for this run of the machine alone.
    private static let free: String = {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "free" }
        defer { close(descriptor) }
        return "free " + read(descriptor)
    }()

    private static func read(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// What cannot be written is taken for a crash by the next holder, who then clears up for nothing.
    private static func write(_ text: String, _ descriptor: Int32) {
        guard ftruncate(descriptor, 0) == 0 else { return }
        let bytes = Array(text.utf8)
        _ = pwrite(descriptor, bytes, bytes.count, 0)
    }
}

/// Why a file cannot be locked.
public struct FileLockError: Error, Sendable, CustomStringConvertible {
    public var path: String
    /// An `errno`.
    public var code: Int32

    public var description: String { "\(path) cannot be locked: \(String(cString: strerror(code)))" }
}
