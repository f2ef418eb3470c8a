import DockerEngine
import SystemPackage
import Text
import Worker

/// What a new container has from the one it replaces though its step does not name it: the places where that one keeps
/// data, the ports it publishes, the networks it is in, and its aliases and given addresses there.
///
/// What the step of the old one named and that of the new one names no more is taken away: else nobody could take away
/// what a step once gave. Nothing of it is lost, and the log says where it is.
struct KeptState: Sendable, Equatable {
    /// What a step names, kept as a label.
    struct Declared: Sendable, Equatable, Codable {
        /// Paths in the container.
        var volumes: [String] = []
        var networks: [String] = []
        var aliases: [String] = []
        /// `nil`: written by an earlier version, which published none but those.
        var ports: [String]? = []

        init() {}

        init(_ specification: ContainerSpecification) {
            volumes = specification.mounts.map { KeptState.cleaned($0.path) }
            networks = ([specification.network] + specification.moreNetworks).compactMap { $0 }
            aliases = specification.aliases
            ports = specification.ports.map(\.text)
        }

        /// All that a container has a name for.
        init(allOf container: ContainerDetails) {
            volumes = container.mounts.filter { !$0.isAnonymous }.map { KeptState.cleaned($0.path) }
            networks = container.networks.keys.sorted()
            aliases = Set(container.networks.values.flatMap(\.aliases)).sorted()
            ports = container.published.map(\.text)
        }
    }

    private(set) var mounts: [ContainerDetails.Mount] = []
    private(set) var ports: [ContainerSpecification.PublishedPort] = []
    private(set) var networks: [String] = []
    /// By network.
    private(set) var addresses: [String: ContainerSpecification.Addresses] = [:]
    /// Whether it is in the engine's default network besides, as the old one is.
    private(set) var keepsDefault = false
    /// What the new one answers to besides its name, by network.
    private(set) var aliases: [String: [String]] = [:]
    /// The aliases of the old one in the networks where the new one takes one of them or has it as its name.
    private(set) var taken: [String: [String]] = [:]
    /// For the log.
    private(set) var notes: [String] = []

    /// Networks where nobody is known by a name.
    private static let nameless: Set<String> = ["bridge", "default", "host", "none"]

    /// - Parameters:
    ///   - old: The one in service; `nil` for none.
    ///   - declared: What the step of the old one named.
    ///   - addresses: Those that it was given, by network.
    ///   - specification: What the step of the new one names.
    ///   - existing: The networks of the host.
    init(
        of old: ContainerDetails?, declared: Declared,
        addresses: [String: ContainerSpecification.Addresses] = [:], for specification: ContainerSpecification,
        service: String, existing: Set<String>
    ) {
        let own = Declared(specification)
        for network in own.networks where !Self.nameless.contains(network) {
            aliases[network] = own.aliases.filter { $0 != service }
        }
        if let old {
            keepMounts(of: old, declared, own, specification)
            keepPorts(of: old, declared, specification)
            keepNetworks(of: old, declared, own, existing)
            keepAliases(of: old, declared, own, service)
            keep(addresses, own)
        }
        aliases = aliases.filter { !$0.value.isEmpty }
    }

    private mutating func keepMounts(
        of old: ContainerDetails, _ declared: Declared, _ own: Declared, _ specification: ContainerSpecification
    ) {
        let sources = Set(specification.mounts.compactMap(\.source))
        for mount in old.mounts.sorted(by: { $0.path < $1.path }) where ["volume", "bind"].contains(mount.kind) {
            let path = Self.cleaned(mount.path)
            let source = mount.kind == "bind" ? Self.cleaned(mount.source) : mount.name
            let place = mount.kind == "bind" ? "\(source) of the host" : "the volume \(source)"
            if own.volumes.contains(path) {
                guard !sources.contains(source) else { continue }
                notes.append(
                    "\(path) is another volume or folder from now on; what the old container kept there stays in \(place)"
                )
            } else if !mount.isAnonymous, declared.volumes.contains(path) {
                guard !sources.contains(source) else { continue }
                notes.append(
                    "“volumes” does not name \(path) any more; what the old container kept there stays in \(place)")
            } else {
                mounts.append(mount)
                notes.append(
                    mount.isAnonymous
                        ? "\(path) goes on in the volume \(source.prefix(12)), which has no name; give it one with “volumes”"
                        : "\(path) goes on in \(place), as the old container has it; name it in “volumes”")
            }
        }
    }

    private mutating func keepPorts(
        of old: ContainerDetails, _ declared: Declared, _ specification: ContainerSpecification
    ) {
        // There the engine publishes nothing, whatever was asked for.
        guard !["host", "none"].contains(old.networkMode) else { return }
        let own = specification.ports
        for port in old.published where !own.contains(port) {
            let place = port.host.map { "port \($0) of the host" } ?? "any port of the host"
            let isSaid = declared.ports?.contains(port.text) == true
            if let network = specification.network, ["host", "none"].contains(network) {
                notes.append("\(port.text) is not published any more: “network: \(network)” publishes nothing")
            } else if let other = own.first(where: { $0.host == port.host && $0.transport == port.transport }),
                port.host != nil
            {
                guard other.container != port.container else { continue }
                notes.append(
                    "\(place) is for \(other.container) of the container from now on, no more for \(port.container)")
            } else if own.contains(where: { $0.container == port.container && $0.transport == port.transport }) {
                notes.append("“ports” publishes \(port.container) elsewhere; \(place) does not answer for it any more")
            } else if isSaid {
                notes.append("“ports” does not name \(port.text) any more: \(place) does not answer for it")
            } else {
                ports.append(port)
                notes.append("\(port.text) is published as by the old container; name it in “ports”")
            }
        }
    }

    private mutating func keep(_ given: [String: ContainerSpecification.Addresses], _ own: Declared) {
        for (network, place) in given.sorted(by: { $0.key < $1.key })
        where networks.contains(network) || own.networks.contains(network) {
            addresses[network] = place
            notes.append(
                "the new container has the address \(place.all.joined(separator: ", ")) in the network \(network) as the "
                    + "old one does, which stops first for that")
        }
    }

    private mutating func keepNetworks(
        of old: ContainerDetails, _ declared: Declared, _ own: Declared, _ existing: Set<String>
    ) {
        let isolated = own.networks.first { $0 == "host" || $0 == "none" }
        for network in old.networks.keys.sorted() where !own.networks.contains(network) {
            if Self.nameless.contains(network) {
                // The default is nobody's choice, and where `run` names no network the new one is in it as well.
                guard network == "host" || (!own.networks.isEmpty && old.networks.count > 1) else { continue }
                notes.append("the new container is not in the network \(network) any more; “networks” could name it")
            } else if let isolated {
                notes.append(
                    "the new container is not in the network \(network) any more: “network: \(isolated)” has no others")
            } else if declared.networks.contains(network) {
                notes.append("“run” does not name the network \(network) any more: the new container is not in it")
            } else if !existing.contains(network) {
                notes.append("the network \(network) of the old container is not there any more")
            } else {
                networks.append(network)
                notes.append("the new container is in the network \(network) as the old one is; name it in “networks”")
            }
        }
        keepsDefault = own.networks.isEmpty && old.networks["bridge"] != nil
        if own.networks.isEmpty, let first = networks.firstIndex(of: old.networkMode) { networks.swapAt(0, first) }
    }

    private mutating func keepAliases(
        of old: ContainerDetails, _ declared: Declared, _ own: Declared, _ service: String
    ) {
        for (network, endpoint) in old.networks.sorted(by: { $0.key < $1.key }) {
            // The engine adds the beginning of the id itself.
            let all = endpoint.aliases.filter { !old.id.hasPrefix($0) }
            let given = Set(all).subtracting([service])
            guard networks.contains(network) || (own.networks.contains(network) && !Self.nameless.contains(network))
            else {
                if !given.isEmpty {
                    notes.append("nobody answers to \(Self.list(given)) in the network \(network) any more")
                }
                continue
            }
            let unsaid = given.subtracting(aliases[network] ?? [])
            let lost = unsaid.intersection(declared.aliases)
            let kept = unsaid.subtracting(lost)
            if !lost.isEmpty {
                notes.append("“aliases” does not name \(Self.list(lost)) any more, so that nobody answers to it")
            }
            if !kept.isEmpty {
                aliases[network, default: []] += kept.sorted()
                notes.append(
                    "the new container answers to \(Self.list(kept)) in the network \(network) as the old one does; name "
                        + "it in “aliases”")
            }
            if all.contains(service) || !given.isDisjoint(with: aliases[network] ?? []) { taken[network] = all }
        }
    }

    private static func list(_ names: Set<String>) -> String { names.sorted().joined(separator: ", ") }

    /// A path as the engine writes it: `/srv/./data/` is `/srv/data`.
    static func cleaned(_ path: String) -> String { FilePath(path).lexicallyNormalized().string }

    /// What the step names with what is kept, but for the aliases: when those are given depends on who has them.
    func added(to specification: ContainerSpecification) -> ContainerSpecification {
        var specification = specification
        for mount in mounts {
            specification.mounts.append(
                mount.kind == "bind"
                    ? .bind(source: mount.source, path: mount.path, readOnly: !mount.isWritable)
                    : .volume(name: mount.name, path: mount.path, readOnly: !mount.isWritable))
        }
        specification.ports += ports
        specification.addresses = addresses
        specification.moreNetworks += networks
        if specification.network == nil, !keepsDefault, !specification.moreNetworks.isEmpty {
            specification.network = specification.moreNetworks.removeFirst()
        }
        return specification
    }
}

extension ContainerSpecification.Mount {
    /// A volume's name or a path of the host; `nil` in memory.
    fileprivate var source: String? {
        switch self {
        case .volume(let name, _, _): name
        case .bind(let source, _, _): KeptState.cleaned(source)
        case .temporary: nil
        }
    }
}
