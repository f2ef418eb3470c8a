/// What the owner of a builder allows the containers of steps.
struct ContainerLimits: Sendable, Hashable {
    /// Whether steps may be privileged and use the host's folders, devices and network.
    var isTrusted = false
    /// In bytes; `nil` is without limit.
    var memory: Int64?
    /// `nil` is without limit.
    var cpus: Double?
    var processes: Int64 = 4096
    /// Capabilities taken away.
    var dropped: [String] = []

    /// Whether a user of a container may write to every file there: root may, unless that capability is taken away.
    /// - Parameter user: such as `node` or `1000:1000`; empty where neither step nor image say.
    func writesAnywhere(_ user: String) -> Bool {
        guard ["", "0", "root"].contains(user.prefix { $0 != ":" }) else { return false }
        return !dropped.contains { ["ALL", "CAP_ALL", "DAC_OVERRIDE", "CAP_DAC_OVERRIDE"].contains($0.uppercased()) }
    }
}
