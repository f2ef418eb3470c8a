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
}
