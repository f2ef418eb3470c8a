extension Step: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case name = "step"
        case service
        case image, pull, commands, command, entrypoint, shell, environment, settings, when, detach, privileged, user
        case devices, dns, failure, build, deploy, outputs, timeout, retry, cache, artifacts, ready
        case dependsOn = "depends_on"
        case workingDirectory = "working_dir"
        case mounts = "volumes"
        case dnsSearch = "dns_search"
        case extraHosts = "extra_hosts"
        case networkMode = "network_mode"
        case memoryLimit = "mem_limit"
        case memorySwapLimit = "memswap_limit"
        case sharedMemorySize = "shm_size"
        case cpuLimit = "cpus"
        case processLimit = "pids_limit"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let service = try container.decodeIfPresent(String.self, forKey: .service) {
            name = service
        } else {
            name = try container.decode(String.self, forKey: .name)
        }
        image = try container.decodeIfPresent(String.self, forKey: .image)
        pull = try container.decodeIfPresent(PullPolicy.self, forKey: .pull)
        commands = try container.decode(.commands, default: [])
        command = try container.decode(.command, default: [])
        entrypoint = try container.decode(.entrypoint, default: [])
        shell = try container.decodeIfPresent(String.self, forKey: .shell)
        environment = try container.decode(.environment, default: [:])
        settings = try container.decode(.settings, default: [:])
        dependsOn = try container.decodeIfPresent([String].self, forKey: .dependsOn)
        when = try container.decode(.when, default: .always)
        detach = try container.decode(.detach, default: false)
        privileged = try container.decode(.privileged, default: false)
        user = try container.decodeIfPresent(String.self, forKey: .user)
        workingDirectory = try container.decodeIfPresent(String.self, forKey: .workingDirectory)
        mounts = try container.decode(.mounts, default: [])
        devices = try container.decode(.devices, default: [])
        dns = try container.decode(.dns, default: [])
        dnsSearch = try container.decode(.dnsSearch, default: [])
        extraHosts = try container.decode(.extraHosts, default: [])
        networkMode = try container.decodeIfPresent(String.self, forKey: .networkMode)
        memoryLimit = try container.decodeIfPresent(Int64.self, forKey: .memoryLimit)
        memorySwapLimit = try container.decodeIfPresent(Int64.self, forKey: .memorySwapLimit)
        sharedMemorySize = try container.decodeIfPresent(Int64.self, forKey: .sharedMemorySize)
        cpuLimit = try container.decodeIfPresent(Double.self, forKey: .cpuLimit)
        processLimit = try container.decodeIfPresent(Int.self, forKey: .processLimit)
        failure = try container.decode(.failure, default: .fail)
        build = try container.decodeIfPresent(ImageBuild.self, forKey: .build)
        deploy = try container.decodeIfPresent(Deploy.self, forKey: .deploy)
        outputs = try container.decode(.outputs, default: [])
        timeout = try container.decodeIfPresent(Int.self, forKey: .timeout)
        retry = try container.decodeIfPresent(Retry.self, forKey: .retry)
        cache = try container.decode(.cache, default: [])
        artifacts = try container.decodeIfPresent(Artifacts.self, forKey: .artifacts)
        ready = try container.decodeIfPresent(Probe.self, forKey: .ready)
    }

    public func encode(to encoder: any Encoder) throws {
        try encode(to: encoder, nameKey: .name)
    }

    func encode(to encoder: any Encoder, nameKey: CodingKeys) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: nameKey)
        try container.encodeIfPresent(image, forKey: .image)
        try container.encodeIfPresent(pull, forKey: .pull)
        try container.encode(commands, forKey: .commands, unless: [])
        try container.encode(command, forKey: .command, unless: [])
        try container.encode(entrypoint, forKey: .entrypoint, unless: [])
        try container.encodeIfPresent(shell, forKey: .shell)
        try container.encode(environment, forKey: .environment, unless: [:])
        try container.encode(settings, forKey: .settings, unless: [:])
        try container.encodeIfPresent(dependsOn, forKey: .dependsOn)
        try container.encode(when, forKey: .when, unless: .always)
        try container.encode(detach, forKey: .detach, unless: false)
        try container.encode(privileged, forKey: .privileged, unless: false)
        try container.encodeIfPresent(user, forKey: .user)
        try container.encodeIfPresent(workingDirectory, forKey: .workingDirectory)
        try container.encode(mounts, forKey: .mounts, unless: [])
        try container.encode(devices, forKey: .devices, unless: [])
        try container.encode(dns, forKey: .dns, unless: [])
        try container.encode(dnsSearch, forKey: .dnsSearch, unless: [])
        try container.encode(extraHosts, forKey: .extraHosts, unless: [])
        try container.encodeIfPresent(networkMode, forKey: .networkMode)
        try container.encodeIfPresent(memoryLimit, forKey: .memoryLimit)
        try container.encodeIfPresent(memorySwapLimit, forKey: .memorySwapLimit)
        try container.encodeIfPresent(sharedMemorySize, forKey: .sharedMemorySize)
        try container.encodeIfPresent(cpuLimit, forKey: .cpuLimit)
        try container.encodeIfPresent(processLimit, forKey: .processLimit)
        try container.encode(failure, forKey: .failure, unless: .fail)
        try container.encodeIfPresent(build, forKey: .build)
        try container.encodeIfPresent(deploy, forKey: .deploy)
        try container.encode(outputs, forKey: .outputs, unless: [])
        try container.encodeIfPresent(timeout, forKey: .timeout)
        try container.encodeIfPresent(retry, forKey: .retry)
        try container.encode(cache, forKey: .cache, unless: [])
        try container.encodeIfPresent(artifacts, forKey: .artifacts)
        try container.encodeIfPresent(ready, forKey: .ready)
    }
}
