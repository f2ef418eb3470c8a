/// The networks of jobs' containers, as rules of a firewall name them.
enum StepNetwork {
    /// What the names of their interfaces on the engine's machine begin with. Rules by the interface hold for whatever
    /// address a container gives itself.
    static let prefix = "slw-"

    /// The engine's options for a network whose interface has such a name, which has 15 characters at most.
    static func options() -> [String: String] {
        let digits = String(UInt64.random(in: 0..<1 << 44), radix: 16)
        let name = prefix + String(repeating: "0", count: 11 - digits.count) + digits
        return ["com.docker.network.bridge.name": name]
    }
}
