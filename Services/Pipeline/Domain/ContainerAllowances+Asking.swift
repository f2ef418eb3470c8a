import Contracts
import PipelineLanguage

extension ContainerAllowances {
    /// What a container asks for that cannot be named before it runs, or not be read.
    static func unread(_ run: ContainerRun) -> [String] {
        func isOpen(_ text: String) -> Bool { text.contains("$") }
        let volumes = run.volumes.filter { text in isOpen(text) || (try? ContainerRun.volume(text)) == nil }
        let ports = run.ports.filter { text in isOpen(text) || (try? ContainerRun.ports(text)) == nil }
        let networks = ([run.network].compactMap { $0 } + run.networks).filter(isOpen)
        let users = [run.user].compactMap { $0 }.filter(isOpen)
        let drivers = [run.logging?.driver].compactMap { $0 }.filter(isOpen)
        return volumes.map { "the volume “\($0)”" } + networks.map { "the network “\($0)”" }
            + ports.map { "the port “\($0)”" } + users.map { "the user “\($0)”" }
            + run.labels.keys.filter(isOpen).sorted().map { "the label “\($0)”" }
            + run.aliases.filter(isOpen).map { "the alias “\($0)”" } + drivers.map { "the log driver “\($0)”" }
    }

    /// Just what a container asks for.
    /// - Parameter name: The container's own, which it answers to anyway.
    init(asking run: ContainerRun, as name: String) {
        func unique(_ texts: [String]) -> [String] {
            var found: [String] = []
            for text in texts where !text.contains("$") && !found.contains(text) { found.append(text) }
            return found
        }
        let driver = run.logging.flatMap { logging in
            ContainerAllowances().allows(logging) ? nil : logging.driver
        }
        self.init(
            volumes: unique(run.volumes.compactMap { (try? ContainerRun.volume($0))?.source }),
            networks: unique(
                ([run.network].compactMap { $0 } + run.networks).filter {
                    !["none", "bridge", "default"].contains($0)
                }),
            ports: unique(
                run.ports.flatMap { (try? ContainerRun.ports($0)) ?? [] }.map { port in
                    let address = port.address.contains(":") ? "[\(port.address)]" : port.address
                    return (address.isEmpty ? "" : "\(address):") + "\(port.host ?? 0)"
                }),
            users: unique([run.user].compactMap { $0 }),
            labels: unique(run.labels.keys.sorted().filter { Self.owner(ofLabel: $0) == nil }),
            aliases: unique(run.aliases.filter { $0 != name }), logDrivers: unique([driver].compactMap { $0 }))
    }

    /// Adds what others allow besides.
    mutating func add(_ others: ContainerAllowances) {
        for list in Self.lists {
            for entry in others[keyPath: list] where !self[keyPath: list].contains(entry) {
                self[keyPath: list].append(entry)
            }
        }
    }

    private static var lists: [WritableKeyPath<ContainerAllowances, [String]>] {
        [\.volumes, \.networks, \.ports, \.users, \.labels, \.aliases, \.logDrivers]
    }
}
