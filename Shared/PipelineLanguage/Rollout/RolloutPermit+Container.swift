public import Contracts

/// Holds a container to what its environment allows.
extension RolloutPermit {
    /// Why a container may not run as its step says; `nil` where it may.
    func refusal(of run: ContainerRun, of container: String, isPartial: Bool) -> String? {
        func isOpen(_ text: String) -> Bool { isPartial && text.contains("$") }
        for text in run.volumes where !isOpen(text) {
            guard let volume = try? ContainerRun.volume(text) else { continue }
            if volume.isFolder, ContainerAllowances.leadsElsewhere(volume.source) {
                return "the folder “\(volume.source)” is refused: write its whole path, without “.”, “..” and “//”"
            }
            guard allows.allows(volume) else { return refused("volume", volume.source, allows.volumes) }
        }
        for name in [run.network].compactMap({ $0 }) + run.networks where !isOpen(name) {
            if name.hasPrefix("container:") {
                return "“\(name)” is no network: a container that is replaced cannot share that of another"
            }
            if let reason = refusal(ofNetwork: name) { return reason }
        }
        for text in run.ports where !isOpen(text) {
            guard let published = try? ContainerRun.ports(text) else { continue }
            for port in published where !allows.allows(port) {
                let host = (port.address.isEmpty ? "" : "\(port.address):") + "\(port.host ?? 0)"
                return refused("port", text, allows.ports, host)
            }
        }
        if let user = run.user, !isOpen(user), !Self.covers(allows.users, user) {
            return refused("user", user, allows.users)
        }
        for alias in run.aliases where alias != container && !isOpen(alias) {
            guard Self.covers(allows.aliases, alias) else { return refused("alias", alias, allows.aliases) }
        }
        if let logging = run.logging, !isOpen(logging.driver), !allows.allows(logging) {
            let option = logging.keepsOnHost ? logging.naming.map { " with the option “\($0)”" } ?? "" : ""
            return refused("log driver", logging.driver, allows.logDrivers, option: "log-driver", with: option)
        }
        return refusal(of: run.labels, isOpen)
    }

    /// Why a container may not be in a network; `nil` where it may.
    public func refusal(ofNetwork name: String) -> String? {
        allows.allowsNetwork(name) ? nil : refused("network", name, allows.networks)
    }

    /// All that are refused are told at once: whoever comes from Compose has many.
    private func refusal(of labels: [String: String], _ isOpen: (String) -> Bool) -> String? {
        var refused: [String] = []
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) where !isOpen(name) {
            if let owner = ContainerAllowances.owner(ofLabel: name) {
                return "the label “\(name)” is refused: it is one of \(owner)'s own; leave it out"
            }
            if !allows.allows(label: name, isOpen(value) ? nil : value) { refused.append(name) }
        }
        guard !refused.isEmpty else { return nil }
        let (what, them) = refused.count == 1 ? ("label", "it") : ("labels", "them")
        return
            "the environment “\(environment)” allows the \(what) \(refused.map { "“\($0)”" }.joined(separator: ", ")) to no "
            + "container; it allows \(Self.list(allows.labels)). To allow \(them): "
            + command("label", allows.labels, refused)
    }

    /// Those of an image's labels that its containers are not to have: an image chooses them as freely as a step, and what
    /// finds containers by their labels does not tell where those come from.
    public func unlisted(labelsOfImage labels: [String: String]) -> [String] {
        labels.filter { name, value in
            !ContainerAllowances.describes(label: name)
                && (ContainerAllowances.owner(ofLabel: name) != nil || !allows.allows(label: name, value))
        }.keys.sorted()
    }

    private func refused(
        _ kind: String, _ text: String, _ entries: [String], _ new: String? = nil, option: String? = nil,
        with addition: String = ""
    ) -> String {
        "the environment “\(environment)” allows the \(kind) “\(text)”\(addition) to no container; it allows "
            + "\(Self.list(entries)). To allow it: \(command(option ?? kind, entries, [new ?? text]))"
    }
}

extension ContainerAllowances {
    fileprivate func allows(_ volume: ContainerRun.Volume) -> Bool {
        guard volume.isFolder else {
            return RolloutPermit.covers(volumes.filter { !$0.hasPrefix("/") }, volume.source)
        }
        // By its whole path: a pattern would also match what a container makes in a folder it has.
        return volumes.contains(volume.source)
    }

    /// The engine's own network, which has nothing but the container's way out, needs no entry; the host's is no glob's.
    fileprivate func allowsNetwork(_ name: String) -> Bool {
        switch name {
        case "none", "bridge", "default": true
        case "host": networks.contains("host")
        default: RolloutPermit.covers(networks, name)
        }
    }

    fileprivate func allows(_ port: ContainerRun.Port) -> Bool {
        ports.contains { entry in
            guard let allowed = Self.port(entry) else { return false }
            return allowed.range.contains(port.host ?? 0)
                && (allowed.address.isEmpty || allowed.address == port.address)
        }
    }

    /// Other drivers have the engine connect, as root and in the host's own network, to where their options say.
    public func allows(_ logging: ContainerRun.Logging) -> Bool {
        RolloutPermit.covers(logDrivers, logging.driver) || logging.keepsOnHost && logging.naming == nil
    }

    /// - Parameter value: `nil` where it is not known yet.
    fileprivate func allows(label name: String, _ value: String?) -> Bool {
        labels.contains { entry in
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard RolloutPermit.covers([parts[0]], name) else { return false }
            guard parts.count == 2, let value else { return true }
            return RolloutPermit.covers([parts[1]], value)
        }
    }

    /// Who goes by a label, so that no rollout may give it; `nil` for any other.
    public static func owner(ofLabel name: String) -> String? {
        if ["slipway.dev/", "dev.slipway."].contains(where: name.hasPrefix) { return "Slipway" }
        return ["com.docker.", "io.docker.", "org.dockerproject."].contains(where: name.hasPrefix) ? "Docker" : nil
    }

    /// Whether a label only says what an image is, and nobody goes by it.
    fileprivate static func describes(label name: String) -> Bool {
        name == "maintainer" || name == "slipway.dev/repository"
            || ["org.opencontainers.", "org.label-schema."].contains(where: name.hasPrefix)
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

extension ContainerRun.Logging {
    /// Whether the driver keeps what the container prints on its host, or nowhere.
    fileprivate var keepsOnHost: Bool { ["json-file", "local", "journald", "none"].contains(driver) }

    /// The option by which a line in the journal has fields, such as the program's name, of the container's own choice.
    fileprivate var naming: String? {
        driver == "journald" ? options.keys.filter { !["mode", "max-buffer-size"].contains($0) }.min() : nil
    }
}
