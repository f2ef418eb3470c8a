import DockerEngine

/// What somebody gave a container by hand and the one in its place has not, for the log: how a container runs is for its
/// step to say, and nothing goes without a word.
///
/// Both are compared as the engine has them, so that what comes from the engine, or from the images, is no difference. A
/// value that may be secret is never written: of variables, labels and options there are the names.
struct LostSettings: Sendable, Equatable {
    /// What a member of `run` gives, as that is called.
    private(set) var named: [String] = []
    /// What `run` has no member for, as `docker run` calls it.
    private(set) var others: [String] = []

    var notes: [String] {
        var notes: [String] = []
        if !named.isEmpty {
            notes.append(
                "not taken over from the old container: \(named.joined(separator: "; ")). Name in “run” what the new one "
                    + "needs")
        }
        if !others.isEmpty {
            notes.append(
                "not taken over from the old container, and “run” has no member for it: "
                    + others.joined(separator: " "))
        }
        return notes
    }

    private typealias Value = ContainerSettings.Value

    /// - Parameters:
    ///   - old: Made by hand.
    ///   - image: That of the old one.
    ///   - specification: What the step of the new one names.
    init(
        of old: ContainerSettings, _ image: ContainerSettings, in new: ContainerSettings, id: String,
        _ specification: ContainerSpecification
    ) {
        compareProgram(old.config, image.config, new.config, specification)
        compareHost(old.host, new.host, specification)
        let hostname = old.config["Hostname"]?.text ?? ""
        if !hostname.isEmpty, !id.hasPrefix(hostname), old.host["NetworkMode"]?.text != "host" {
            others.append("--hostname \(hostname)")
        }
    }

    // MARK: - The program

    private mutating func compareProgram(
        _ old: [String: Value], _ image: [String: Value], _ new: [String: Value],
        _ specification: ContainerSpecification
    ) {
        let ofImage = Set(image["Env"]?.list ?? [])
        let ofNew = Set(new["Env"]?.list ?? [])
        let variables = (old["Env"]?.list ?? []).filter { !ofImage.contains($0) && !ofNew.contains($0) }
            .compactMap { $0.text?.split(separator: "=", maxSplits: 1).first.map(String.init) }
            .filter { specification.environment[$0] == nil }
        add("environment", variables)
        let labels = (old["Labels"]?.members ?? [:]).filter { name, value in
            !name.hasPrefix(DeployLabel.prefix) && value != image["Labels"]?.members[name]
                && value != new["Labels"]?.members[name] && specification.labels[name] == nil
        }
        // Compose has a dozen of its own.
        add("labels", Set(labels.keys.map { $0.hasPrefix("com.docker.compose.") ? "com.docker.compose.*" : $0 }))
        func isLost(_ key: String) -> Bool {
            guard let value = old[key], !value.isEmpty else { return false }
            return value != image[key] && value != new[key]
        }
        if isLost("Cmd"), specification.command == nil { named.append("command") }
        if isLost("Entrypoint"), specification.entrypoint == nil { named.append("entrypoint") }
        if isLost("User"), specification.user == nil { add("user", [old["User"]?.text ?? ""]) }
        if isLost("Healthcheck"), specification.healthCheck == nil { named.append("healthcheck") }
        if isLost("StopSignal"), specification.stopSignal == nil {
            add("stop_signal", [old["StopSignal"]?.text ?? ""])
        }
        if isLost("StopTimeout"), specification.stopTimeout == nil {
            add("stop_grace_period", (old["StopTimeout"]?.number).map { ["\($0)s"] } ?? [])
        }
        for (key, option) in [
            ("WorkingDir", "--workdir"), ("Domainname", "--domainname"), ("Tty", "--tty"),
            ("OpenStdin", "--interactive"), ("MacAddress", "--mac-address"),
        ] where isLost(key) { others.append([option, old[key]?.text].compactMap { $0 }.joined(separator: " ")) }
    }

    private mutating func add(_ member: String, _ words: some Collection<String>) {
        guard !words.isEmpty else { return }
        named.append("\(member) \(words.sorted().joined(separator: ", "))")
    }

    // MARK: - The host

    /// What ``KeptState`` keeps, what a container has of its place only, and what follows from another member.
    private static let apart: Set<String> = [
        "Binds", "Mounts", "VolumesFrom", "PortBindings", "NetworkMode", "ContainerIDFile", "ConsoleSize",
        "MaskedPaths", "ReadonlyPaths", "Isolation", "Init", "RestartPolicy", "LogConfig", "Memory",
    ]

    /// Those that are not written as their member is: `CapAdd` is `--cap-add`.
    private static let options = [
        "AutoRemove": "--rm", "PublishAllPorts": "--publish-all", "ReadonlyRootfs": "--read-only", "NanoCpus": "--cpus",
        "ExtraHosts": "--add-host", "Dns": "--dns", "DnsOptions": "--dns-option", "Devices": "--device",
        "DeviceRequests": "--gpus", "Ulimits": "--ulimit", "Sysctls": "--sysctl", "Links": "--link",
        "PidMode": "--pid", "IpcMode": "--ipc", "UTSMode": "--uts", "UsernsMode": "--userns",
        "CgroupnsMode": "--cgroupns",
    ]

    /// Those whose values are no secret, and not as long as a profile.
    private static let plain: Set<String> = [
        "CapAdd", "CapDrop", "ExtraHosts", "Dns", "DnsSearch", "GroupAdd", "Links", "PidsLimit", "ShmSize", "CpuShares",
        "CpuQuota", "CpusetCpus", "PidMode", "IpcMode", "UsernsMode", "Runtime", "MemorySwap", "MemoryReservation",
    ]

    private mutating func compareHost(
        _ old: [String: Value], _ new: [String: Value], _ specification: ContainerSpecification
    ) {
        let restart = old["RestartPolicy"]?.members ?? [:]
        let name = restart["Name"]?.text ?? ""
        if !["", "no"].contains(name), restart != new["RestartPolicy"]?.members ?? [:] {
            let count = restart["MaximumRetryCount"]?.number ?? 0
            add("restart", [count > 0 ? "\(name):\(count)" : name])
        }
        let memory = old["Memory"]?.number ?? 0
        if memory > 0, specification.memoryLimit == nil { add("memory", [Self.size(memory)]) }
        let logging = old["LogConfig"]?.members ?? [:]
        let driver = logging["Type"]?.text ?? ""
        if specification.logging == nil, !driver.isEmpty, logging != new["LogConfig"]?.members ?? [:] {
            let options = logging["Config"]?.members.keys.sorted() ?? []
            add("logging", [options.isEmpty ? driver : "\(driver) (\(options.joined(separator: ", ")))"])
        }
        for (key, value) in old.sorted(by: { $0.key < $1.key })
        where !Self.apart.contains(key) && !value.isEmpty && value != new[key] {
            // Twice the memory, or without limit on a host that knows none, if nobody said otherwise.
            if key == "MemorySwap", memory > 0, [memory * 2, memory, -1].contains(value.number ?? 0) { continue }
            let words = Self.words(of: value, not: new[key], isPlain: Self.plain.contains(key))
            guard let words else { continue }
            let option = Self.options[key] ?? Self.option(key)
            others += words.isEmpty ? [option] : words.map { "\(option) \($0)" }
        }
    }

    /// - Returns: `nil` for no difference.
    private static func words(of value: Value, not new: Value?, isPlain: Bool) -> [String]? {
        switch value {
        case .null, .bool: []
        case .number: isPlain ? [value.number.map { "\($0)" } ?? ""] : []
        case .text(let text): isPlain ? [text] : []
        case .list(let values):
            switch values.filter({ new?.list.contains($0) != true }) {
            case []: nil
            case let lost: isPlain ? lost.compactMap(\.text) : Set(lost.compactMap(name)).sorted()
            }
        case .object(let members):
            switch members.keys.filter({ members[$0] != new?.members[$0] }).sorted() {
            case []: nil
            case let lost: lost
            }
        }
    }

    /// What a device or a limit is called by.
    private static func name(_ value: Value) -> String? {
        ["PathOnHost", "Name", "Driver"].lazy.compactMap { value.members[$0]?.text }.first { !$0.isEmpty }
    }

    /// `CapAdd` → `--cap-add`.
    private static func option(_ key: String) -> String {
        "-" + key.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
    }

    private static func size(_ bytes: Int64) -> String {
        bytes % (1 << 30) == 0 ? "\(bytes >> 30)g" : bytes % (1 << 20) == 0 ? "\(bytes >> 20)m" : "\(bytes)"
    }
}
