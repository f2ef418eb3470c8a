import Glibc

/// Only one `up` or `down` at a time works on a stack. The lock goes with the process, however it ends.
struct StackLock: Sendable {
    private let descriptor: Int32

    init(_ layout: StackLayout) throws {
        descriptor = open(layout.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandError("\(layout.lock) cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandError(
                "another `slipway up` or `slipway down` is at work on \(layout.directory)", remedy: "wait for its end")
        }
    }

    func release() { close(descriptor) }
}
