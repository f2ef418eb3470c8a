import Contracts
import DockerEngine
import PipelineLanguage
import SystemPackage
import Worker

extension ContainerStep {
    /// Where the step's own folder is in its container.
    static let folder = "/slipway"

    /// The container of a step.
    /// - Throws: `JobFailure` for what this builder does not allow.
    func specification(
        of run: StepRun, image: ImageReference, directory: String?, folder given: StepFolder
    ) async throws -> ContainerSpecification {
        let step = run.step
        let host = containers.host
        try Self.check(step, host.limits)
        var container = ContainerSpecification(image: "\(image)")
        if given.script != nil {
            container.entrypoint = [CommandScript.interpreter(step.shell), CommandScript.fileName]
            container.command = []
            // The script goes on from there to the step's own directory, see CommandScript.
            container.workingDirectory = Self.folder
            // The commands are a shell's whatever the image is made for.
            container.stopSignal = "SIGTERM"
        } else {
            container.workingDirectory = directory
            container.entrypoint = step.entrypoint.isEmpty ? nil : step.entrypoint
            container.command = step.command.isEmpty ? nil : step.command
        }
        container.environment = try environment(of: run)
        // A shell waits for the command it runs before it handles a signal: that one has to get it too.
        container.signalsGroup = true
        container.user = step.user
        container.labels = host.labels(
            job: run.job.grant.job.rawValue, attempt: run.job.grant.attempt, step: step.name)
        container.mounts = [
            .bind(
                source: try await host.hostPath(of: containers.folder.shared.string),
                path: WorkspacePath.place(of: run.job.stage).base),
            .bind(source: try await host.hostPath(of: given.path.string), path: Self.folder),
        ]
        for mount in step.mounts { container.mounts.append(try await containers.mount(mount)) }
        if let mode = step.networkMode {
            container.network = mode
        } else if run.job.limitsImages(of: step) {
            // A service of the job may have the name of any host, and would be told what the image is trusted with.
            container.network = try await containers.networkName(isApart: true)
            if let remark = Self.apart(run) { await run.log.line(remark) }
        } else {
            container.network = try await containers.networkName()
            container.aliases = [step.name]
        }
        container.logging = ContainerSpecification.Logging.none
        container.privileged = step.privileged
        container.droppedCapabilities = step.privileged ? [] : host.limits.dropped
        container.allowsNewPrivileges = host.limits.allowsSudo
        container.processLimit = min(step.processLimit.map(Int64.init) ?? .max, host.limits.processes)
        let memory = ContainerMemory(
            step.memoryLimit, swap: step.memorySwapLimit, most: try await host.memoryLimit())
        if let remark = memory.remark { await run.log.line(remark) }
        container.memoryLimit = memory.limit
        container.memoryAndSwapLimit = memory.withSwap
        container.cpuLimit = [step.cpuLimit, host.limits.cpus].compactMap { $0 }.min()
        container.sharedMemory = step.sharedMemorySize
        container.dns = step.dns
        container.dnsSearch = step.dnsSearch
        container.extraHosts = step.extraHosts
        container.devices = try step.devices.map { device throws(JobFailure) in
            guard case .host(let path)? = run.job.stage.volumes.first(where: { $0.name == device.name })?.source else {
                throw JobFailure("the device “\(device.name)” is not a host volume of the stage")
            }
            return "\(path):\(device.path)"
        }
        return container
    }

    /// What a step is told that is in a network apart, where there is somebody it could miss.
    private static func apart(_ run: StepRun) -> String? {
        let stage = run.job.stage
        guard run.isBackground || !stage.services.isEmpty || stage.steps.contains(where: \.detach) else { return nil }
        return
            "this step and the services of its job do not reach each other: it receives a secret that is for some images "
            + "alone, and a service could take the name of any host; where it needs them, give it a secret with other "
            + "limits (slipway secret limit)"
    }

    private func environment(of run: StepRun) throws(JobFailure) -> [String: String] {
        var environment = try run.environment(output: "\(Self.folder)/output")
        if environment["GIT_CONFIG_COUNT"] == nil {
            // The source belongs to the builder's user, whom the container does not know: Git would not touch it.
            environment["GIT_CONFIG_COUNT"] = "1"
            environment["GIT_CONFIG_KEY_0"] = "safe.directory"
            environment["GIT_CONFIG_VALUE_0"] = "*"
        }
        return environment
    }

    private static func check(_ step: Step, _ limits: ContainerLimits) throws(JobFailure) {
        guard !limits.isTrusted else { return }
        var requests: [String] = []
        if step.privileged { requests.append("“privileged”") }
        if !step.devices.isEmpty { requests.append("devices of the host") }
        if let mode = step.networkMode, mode != "none" { requests.append("the network “\(mode)”") }
        guard let first = requests.first else { return }
        throw JobFailure(
            "the step asks for \(first), which this builder does not allow; start it with SLIPWAY_DOCKER_TRUSTED=true")
    }
}
