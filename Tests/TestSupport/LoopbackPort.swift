import Glibc
import Synchronization

/// TCP ports of loopback for the servers of the tests.
///
/// Below the range the system takes for outgoing connections: a port of that range can be gone by the time a server asks
/// for it.
public enum LoopbackPort {
    private static let single = Ports(17_000...19_900)
    private static let group = Ports(10_000...11_400)

    /// A port that nothing listened on a moment ago, and that no other test is given, of this process or another one.
    public static func free() throws -> Int {
        guard let port = try single.next(where: { try claim([$0]) }) else {
            throw TestFailure("no port from \(single.bounds.lowerBound) to \(single.bounds.upperBound) is free")
        }
        return port
    }

    /// The same for a server that needs ports at fixed distances above its first, up to 21,000.
    public static func free(with offsets: [Int]) throws -> Int {
        guard let port = try group.next(where: { port in try claim(([0] + offsets).map { port + $0 }) }) else {
            throw TestFailure("no port from \(group.bounds.lowerBound) is free with those above it, \(offsets)")
        }
        return port
    }

    /// Ports that are given out in turn, from one nobody else begins at.
    private final class Ports: Sendable {
        let bounds: ClosedRange<Int>
        private let last: Mutex<Int>

        init(_ bounds: ClosedRange<Int>) {
            self.bounds = bounds
            last = Mutex(Int.random(in: bounds))
        }

        func next(where condition: (Int) throws -> Bool) rethrows -> Int? {
            for _ in bounds {
                let port = last.withLock { last in
                    last = last < bounds.upperBound ? last + 1 : bounds.lowerBound
                    return last
                }
                if try condition(port) { return port }
            }
            return nil
        }
    }

    /// The file in which a process locks the byte of each port it was given, until it ends.
    private static let file = "/tmp/slipway-test-ports-\(getuid())"
    private static let claims = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)

    /// Claims ports for this process, if nobody has one of them.
    private static func claim(_ ports: [Int]) throws -> Bool {
        guard claims >= 0 else { throw TestFailure("\(file) cannot be opened") }
        return try ports.allSatisfy { port in
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_start = port
            lock.l_len = 1
            guard fcntl(claims, F_SETLK, &lock) == 0 else { return false }
            return try isFree(port)
        }
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
