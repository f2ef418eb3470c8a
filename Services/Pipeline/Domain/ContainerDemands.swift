import Contracts
import PipelineLanguage

/// What a container asks for, as far as it is known before it runs.
struct ContainerDemands: Sendable, Equatable {
    /// Just that.
    private(set) var allowances = ContainerAllowances()
    /// What cannot be named before it runs, or not be read, in words.
    private(set) var unread: [String] = []

    /// - Parameter name: The container's own, which it answers to anyway.
    init(of run: ContainerRun, as name: String) {
        add(run.volumes, "volume", to: \.volumes) { [try ContainerRun.volume($0).source] }
        let networks = [run.network].compactMap { $0 } + run.networks
        add(networks.filter { !["none", "bridge", "default"].contains($0) }, "network", to: \.networks)
        add(run.ports, "port", to: \.ports) { text in
            try ContainerRun.ports(text).map { port in
                let address = port.address.contains(":") ? "[\(port.address)]" : port.address
                return (address.isEmpty ? "" : "\(address):") + "\(port.host ?? 0)"
            }
        }
        add([run.user].compactMap { $0 }, "user", to: \.users)
        add(run.labels.keys.sorted().filter { ContainerAllowances.owner(ofLabel: $0) == nil }, "label", to: \.labels)
        add(run.aliases.filter { $0 != name }, "alias", to: \.aliases)
        let driver = run.logging.flatMap { ContainerAllowances().allows($0) ? nil : $0.driver }
        add([driver].compactMap { $0 }, "log driver", to: \.logDrivers)
    }

    /// - Parameter entries: what a text is as entries of the list.
    private mutating func add(
        _ texts: [String], _ kind: String, to list: WritableKeyPath<ContainerAllowances, [String]>,
        _ entries: (String) throws -> [String] = { [$0] }
    ) {
        for text in texts {
            guard !text.contains("$") else {
                unread.append("the \(kind) “\(text)”")
                continue
            }
            do {
                for entry in try entries(text) where !allowances[keyPath: list].contains(entry) {
                    allowances[keyPath: list].append(entry)
                }
            } catch {
                unread.append("the \(kind) “\(text)” (\(error))")
            }
        }
    }
}

extension ContainerAllowances {
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
