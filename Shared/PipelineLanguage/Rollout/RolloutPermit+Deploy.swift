public import Contracts
import Text

/// Holds a `deploy` block to what its environment covers and allows: on the platform before the job is granted, and again
/// by the deployer, where all its texts are whole.
extension RolloutPermit {
    /// Why the rollout may not go where its step says, nor be what it says; `nil` where it may.
    /// - Parameters:
    ///   - own: The namespace of the cluster's configuration; `nil` where it is not known.
    ///   - isPartial: Whether texts may still have expressions in them, which only the deployer knows the values of: what
    ///     they are in is left to it.
    public func refusal(of deploy: Deploy, own: String?, isPartial: Bool = false) -> String? {
        guard deploy.environment == environment else {
            return "the step rolls out to the environment “\(deploy.environment)”, and it was granted “\(environment)”"
        }
        guard let workload = deploy.workload else {
            guard Self.covers(containers, deploy.container) else {
                return uncovered("container", deploy.container, containers)
            }
            return deploy.run.flatMap { allows.refusal(of: $0, in: environment, isPartial: isPartial) }
        }
        guard Self.covers(workloads, workload.description) else {
            return uncovered("workload", workload.description, workloads)
        }
        guard let namespace = deploy.namespace ?? own else { return nil }
        if namespaces.isEmpty, own == nil || namespace == own { return nil }
        if Self.covers(namespaces, namespace) { return nil }
        return uncovered("namespace", namespace, namespaces.isEmpty ? own.map { [$0] } ?? [] : namespaces)
    }

    private func uncovered(_ kind: String, _ name: String, _ patterns: [String]) -> String {
        "the environment “\(environment)” does not cover the \(kind) “\(name)” but \(Self.list(patterns)); to have it "
            + "covered: \(Self.command(environment, kind, patterns, name))"
    }

    /// The command that adds an entry to a list of an environment.
    public static func command(_ environment: String, _ option: String, _ entries: [String], _ new: String) -> String {
        let options = (entries + [new]).map { " --\(option)=\(ShellWord.quote($0))" }
        return "slipway environment set \(ShellWord.quote(environment))\(options.joined())"
    }

    /// Entries in words for people.
    public static func list(_ entries: [String]) -> String {
        entries.isEmpty ? "none" : entries.joined(separator: ", ")
    }

    /// Whether one of the globs matches; a pattern that is none matches nothing.
    public static func covers(_ patterns: [String], _ text: String) -> Bool {
        patterns.contains { pattern in
            do {
                return try Glob(pattern).matches(text)
            } catch {
                return false
            }
        }
    }
}

extension ContainerAllowances {
    /// Why a container may not run as its step says; `nil` where it may.
    func refusal(of run: ContainerRun, in environment: String, isPartial: Bool) -> String? {
        func isOpen(_ text: String) -> Bool { isPartial && text.contains("$") }
        func refused(_ kind: String, _ text: String, _ entries: [String], _ new: String) -> String {
            "the environment “\(environment)” allows the \(kind) “\(text)” to no container; it allows "
                + "\(RolloutPermit.list(entries)). To allow it: "
                + RolloutPermit.command(environment, kind, entries, new)
        }
        for text in run.volumes where !isOpen(text) {
            guard let volume = try? ContainerRun.volume(text) else { continue }
            if volume.isFolder, Self.leadsElsewhere(volume.source) {
                return "the folder “\(volume.source)” is refused: write its whole path, without “.”, “..” and “//”"
            }
            guard allows(volume) else { return refused("volume", volume.source, volumes, volume.source) }
        }
        for name in [run.network].compactMap({ $0 }) + run.networks where !isOpen(name) {
            if name.hasPrefix("container:") {
                return "“\(name)” is no network: a container that is replaced cannot share that of another"
            }
            guard allowsNetwork(name) else { return refused("network", name, networks, name) }
        }
        for text in run.ports where !isOpen(text) {
            guard let published = try? ContainerRun.ports(text) else { continue }
            for port in published where !allows(port) {
                let host = (port.address.isEmpty ? "" : "\(port.address):") + "\(port.host ?? 0)"
                return refused("port", text, ports, host)
            }
        }
        if let user = run.user, !isOpen(user), !RolloutPermit.covers(users, user) {
            return refused("user", user, users, user)
        }
        return nil
    }

    private func allows(_ volume: ContainerRun.Volume) -> Bool {
        guard volume.isFolder else {
            return RolloutPermit.covers(volumes.filter { !$0.hasPrefix("/") }, volume.source)
        }
        // By its whole path: a pattern would also match what a container makes in a folder it has.
        return volumes.contains(volume.source)
    }

    /// The engine's own network, which has nothing but the container's way out, needs no entry; the host's is no glob's.
    private func allowsNetwork(_ name: String) -> Bool {
        switch name {
        case "none", "bridge", "default": true
        case "host": networks.contains("host")
        default: RolloutPermit.covers(networks, name)
        }
    }

    private func allows(_ port: ContainerRun.Port) -> Bool {
        ports.contains { entry in
            guard let allowed = Self.port(entry) else { return false }
            return allowed.range.contains(port.host ?? 0)
                && (allowed.address.isEmpty || allowed.address == port.address)
        }
    }

    /// An entry of ``ports``: `8080`, `8000-8010`, `127.0.0.1:8080`, `[::1]:0`; `nil` for anything else.
    public static func port(_ entry: String) -> (address: String, range: ClosedRange<Int>)? {
        let colon = entry.lastIndex(of: ":")
        let address = colon.map { entry[..<$0].filter { $0 != "[" && $0 != "]" } } ?? ""
        let ends = entry[(colon.map(entry.index(after:)) ?? entry.startIndex)...]
            .split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last,
            (0...65535).contains(first), (0...65535).contains(last), colon == nil || !address.isEmpty
        else { return nil }
        return (address, first...last)
    }

    /// Whether a path is another one than it looks like.
    public static func leadsElsewhere(_ path: String) -> Bool {
        guard path != "/" else { return false }
        return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            .contains { $0.isEmpty || $0 == "." || $0 == ".." }
    }
}
