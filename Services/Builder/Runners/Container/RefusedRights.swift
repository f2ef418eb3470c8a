import Synchronization

/// Knows the words of programs that wanted a right which steps do not have, so that a failure says what to do about it.
final class RefusedRights: Sendable {
    private static let sudo =
        "steps get no new rights by sudo or su; run the step as root (user: root), or start the builder with "
        + "SLIPWAY_DOCKER_SUDO=true"
    private static let packets =
        "steps may not use raw network packets; where they have to, start the builder with "
        + "SLIPWAY_DOCKER_CAPABILITIES_DROPPED=MKNOD,AUDIT_WRITE,SETPCAP"
    /// How much of what a step wrote last is looked at, in bytes.
    private static let limit = 16 << 10

    private let words: [(text: String, hint: String)]
    private let tail = Mutex<[UInt8]>([])

    init(_ limits: ContainerLimits) {
        var words: [(String, String)] = []
        if !limits.allowsSudo {
            // Those of sudo since 1.8.23, of sudo before, and of busybox.
            words += ["\"no new privileges\" flag is set", "effective uid is not 0", "must be suid to work properly"]
                .map { ($0, Self.sudo) }
        }
        if limits.drops("NET_RAW") {
            // Those of busybox, iputils and tcpdump.
            words += ["(are you root?)", "socket: Operation not permitted", "permission to capture on"]
                .map { ($0, Self.packets) }
        }
        self.words = words
    }

    /// Takes what a step writes.
    func take(_ bytes: [UInt8]) {
        tail.withLock { tail in
            tail += bytes.suffix(Self.limit)
            if tail.count > 2 * Self.limit { tail.removeFirst(tail.count - Self.limit) }
        }
    }

    /// What to do about a right that was missed, by what was written last; `nil` where none was.
    func hint() -> String? {
        let text = String(decoding: tail.withLock { $0 }, as: UTF8.self)
        return words.first { text.contains($0.text) }?.hint
    }
}
