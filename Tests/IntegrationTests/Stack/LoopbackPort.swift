import Glibc
import Synchronization
import TestSupport

/// TCP ports of loopback for the servers of the tests.
enum LoopbackPort {
    /// Below the range the system takes for outgoing connections: a port of that range can be gone by the time a
    /// server asks for it.
    private static let range = 17_000...19_900
    private static let last = Mutex(Int.random(in: range))

    /// A port that nothing listened on a moment ago, and that no other test of this process is given.
    static func free() throws -> Int {
        for _ in range {
            let port = last.withLock { last in
                last = last < range.upperBound ? last + 1 : range.lowerBound
                return last
            }
            if try isFree(port) { return port }
        }
        throw TestFailure("no port from \(range.lowerBound) to \(range.upperBound) is free")
    }

    private static func isFree(_ port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
