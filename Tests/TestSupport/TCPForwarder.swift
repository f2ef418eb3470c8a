import Glibc
import Synchronization

/// A TCP port of loopback that forwards to another one, until it is told to behave as a broken network does.
///
/// A plain thread with `poll`: it must not depend on what is tested.
public final class TCPForwarder: Sendable {
    public enum Mode: Sendable {
        case forwarding
        /// Connections stay open, nothing passes; new ones are taken and stay silent.
        case frozen
        /// The connections there are stay silent for ever; new ones work.
        case frozenForOld
        /// The connections there are end; new ones are taken, and end with the first that passes, in the middle of a
        /// handshake.
        case cutting
    }

    private struct State {
        var mode = Mode.forwarding
        var drops = false
        var stops = false
    }

    public let port: Int
    private let target: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter target: The port of loopback to forward to.
    public init(to target: Int) throws {
        self.target = UInt16(target)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw TestFailure("no port for a forwarder: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(self)
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<TCPForwarder>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, retained.toOpaque())
        pthread_detach(thread)
    }

    public func set(_ mode: Mode) {
        state.withLock { $0.mode = mode }
    }

    /// Closes all connections there are.
    public func drop() {
        state.withLock { $0.drops = true }
    }

    /// Closes everything and ends.
    public func stop() {
        state.withLock { $0.stops = true }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private struct Side {
        let descriptor: Int32
        /// Read from the other side, not yet written to this one.
        var pending: ArraySlice<UInt8> = []
    }

    private struct Pair {
        var sides: [Side]
        var isFrozen = false
        var isOpen = true

        mutating func end() {
            guard isOpen else { return }
            isOpen = false
            for side in sides { close(side.descriptor) }
        }
    }

    private func run() {
        var pairs: [Pair] = []
        var mode = Mode.forwarding
        while true {
            let (wanted, isDropping, stops) = state.withLock { state in
                defer { state.drops = false }
                return (state.mode, state.drops, state.stops)
            }
            var drops = isDropping
            if case .cutting = wanted { if case .cutting = mode {} else { drops = true } }
            if drops || stops { for index in pairs.indices { pairs[index].end() } }
            if stops { break }
            if case .frozenForOld = wanted { if case .frozenForOld = mode {} else { Self.freeze(&pairs) } }
            mode = wanted
            pairs.removeAll { !$0.isOpen }
            step(&pairs, mode)
        }
        close(listener)
    }

    private static func freeze(_ pairs: inout [Pair]) {
        for index in pairs.indices { pairs[index].isFrozen = true }
    }

    private func step(_ pairs: inout [Pair], _ mode: Mode) {
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        var owners: [(pair: Int, side: Int)] = []
        let frozen = if case .frozen = mode { true } else { false }
        for (index, pair) in pairs.enumerated() where !frozen && !pair.isFrozen {
            for side in 0..<2 {
                var events: Int32 = 0
                if pair.sides[1 - side].pending.isEmpty { events |= POLLIN }
                if !pair.sides[side].pending.isEmpty { events |= POLLOUT }
                polled.append(pollfd(fd: pair.sides[side].descriptor, events: Int16(events), revents: 0))
                owners.append((index, side))
            }
        }
        guard poll(&polled, nfds_t(polled.count), 10) > 0 else { return }
        if polled[0].revents != 0 { accept(&pairs) }
        for (position, owner) in owners.enumerated() where polled[position + 1].revents != 0 {
            if case .cutting = mode {
                pairs[owner.pair].end()
                continue
            }
            forward(&pairs[owner.pair], owner.side, Int32(polled[position + 1].revents))
        }
    }

    private func accept(_ pairs: inout [Pair]) {
        let near = Glibc.accept(listener, nil, nil)
        guard near >= 0 else { return }
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(target)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else {
            close(near)
            close(far)
            return
        }
        for descriptor in [near, far] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        pairs.append(Pair(sides: [Side(descriptor: near), Side(descriptor: far)]))
    }

    private func forward(_ pair: inout Pair, _ side: Int, _ events: Int32) {
        guard pair.isOpen else { return }
        if events & POLLOUT != 0 {
            let sent = pair.sides[side].pending.withUnsafeBytes {
                send(pair.sides[side].descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 { pair.sides[side].pending.removeFirst(sent) }
            if sent < 0 && errno != EAGAIN { return pair.end() }
        }
        if events & (POLLIN | POLLHUP | POLLERR) != 0, pair.sides[1 - side].pending.isEmpty {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(pair.sides[side].descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                pair.sides[1 - side].pending = buffer[..<count]
            } else if count == 0 || errno != EAGAIN {
                pair.end()
            }
        }
    }
}
