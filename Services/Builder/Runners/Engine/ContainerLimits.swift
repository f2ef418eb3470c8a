/// What the owner of a builder allows the containers of steps.
struct ContainerLimits: Sendable, Hashable {
    /// Whether steps may be privileged and use the host's folders, devices and network.
    var isTrusted = false
    /// Whether a program may gain rights that its caller does not have, as `sudo` does.
    var allowsSudo = false
    /// In bytes; 0 is without limit, `nil` is what ``DockerHost/memoryLimit()`` finds.
    var memory: Int64?
    /// `nil` is without limit.
    var cpus: Double?
    var processes: Int64 = 4096
    /// Capabilities taken away from those that Docker gives.
    var dropped = unneeded

    /// Those that no build needs: to forge packets, to make devices, to write the machine's audit log, and to widen what
    /// children may have.
    static let unneeded = ["NET_RAW", "MKNOD", "AUDIT_WRITE", "SETPCAP"]

    /// Whether a container lacks a capability, such as `NET_RAW`.
    func drops(_ capability: String) -> Bool {
        let names = ["ALL", "CAP_ALL", capability, "CAP_\(capability)"]
        return dropped.contains { names.contains($0.uppercased()) }
    }

    /// Whether a user of a container may write to every file there: root may, unless that capability is taken away.
    /// - Parameter user: such as `node` or `1000:1000`; empty where neither step nor image say.
    func writesAnywhere(_ user: String) -> Bool {
        guard ["", "0", "root"].contains(user.prefix { $0 != ":" }) else { return false }
        return !drops("DAC_OVERRIDE")
    }
}

/// The memory of a step's container: what the step asks for, and never more than the builder allows. In bytes.
struct ContainerMemory: Sendable, Hashable {
    /// `nil` is without limit.
    var limit: Int64?
    /// Of memory and swap together: -1 is without limit; `nil` is as much as ``limit``.
    var withSwap: Int64?
    /// What the step asked for and does not get, for its log.
    var remark: String?

    /// - Parameters:
    ///   - wanted: what the step asks for.
    ///   - swap: what it asks for of memory and swap together.
    ///   - most: what the builder allows; `nil` is without limit.
    init(_ wanted: Int64?, swap: Int64?, most: Int64?) {
        guard let most else {
            (limit, withSwap) = (wanted, swap)
            return
        }
        // Memory alone cannot be more than memory and swap.
        limit = min(wanted ?? swap.flatMap { $0 < 0 ? nil : $0 } ?? most, most)
        withSwap = swap.map { $0 < 0 ? most : min($0, most) }
        let asked = [wanted, swap].compactMap { $0 }
        if let much = asked.first(where: { $0 < 0 || $0 > most }) {
            remark =
                "the step asks for \(much < 0 ? "unlimited swap" : "\(much >> 20) MiB of memory") and gets the "
                + "\(most >> 20) MiB that this builder allows; it allows more with SLIPWAY_DOCKER_MEMORY"
        }
    }
}
