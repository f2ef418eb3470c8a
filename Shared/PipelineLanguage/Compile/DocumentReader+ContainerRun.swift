import Text

extension DocumentReader {
    /// How a container runs on a Docker host.
    func containerRun(_ node: SourceNode) -> ContainerRun? {
        guard let fields = fields(node, what: "“run”") else { return nil }
        var run = ContainerRun()
        let ports = fields.take("ports")
        run.ports = texts(ports, "“ports”") { text throws(ContainerRun.Problem) in _ = try ContainerRun.ports(text) }
        run.environment = values(fields.take("environment"), "“environment”")
        run.volumes = texts(fields.take("volumes"), "“volumes”") { text throws(ContainerRun.Problem) in
            _ = try ContainerRun.volume(text)
        }
        run.network = name(fields.take("network"), "“network”")
        let networks = fields.take("networks")
        run.networks = texts(networks, "“networks”")
        let aliases = fields.take("aliases")
        run.aliases = texts(aliases, "“aliases”") { text throws(ContainerRun.Problem) in
            try ContainerRun.alias(text)
        }
        let entrypoint = fields.take("entrypoint")
        run.entrypoint = words(entrypoint, "“entrypoint”")
        run.command = words(fields.take("command"), "“command”", after: entrypoint)
        run.user = name(fields.take("user"), "“user”")
        run.labels = textMap(fields.take("labels"), "“labels”")
        run.memory = size(fields.take("memory"), "“memory”")
        run.`init` = bool(fields.take("init"), "“init”") ?? true
        run.logging = logging(fields.take("logging"))
        run.healthCheck = healthCheck(fields.take("healthcheck"))
        run.stopSignal = signal(fields.take("stop_signal"))
        run.stopGracePeriod = duration(fields.take("stop_grace_period"), "“stop_grace_period”")
        if let restart = fields.take("restart"), let text = restartPolicy(restart) { run.restart = text }
        run.order = choice(fields.take("order"), "“order”")
        run.drain = duration(fields.take("drain"), "“drain”")
        run.health = probe(fields.take("health"), "“health”")
        fields.finish()
        if run.network == "host" || run.network == "none" {
            if let networks, !run.networks.isEmpty {
                sink.error(
                    .conflict, "with “network: \(run.network ?? "")” it can be in no other network", at: networks)
            }
            if let ports, !run.ports.isEmpty {
                sink.warning(
                    .noEffect, "“ports” has no effect with “network: \(run.network ?? "")”: nothing is published",
                    at: ports)
            }
        }
        let nameless = ["host", "none", "bridge", "default"]
        if let aliases, !run.aliases.isEmpty,
            ([run.network].compactMap { $0 } + run.networks).allSatisfy(nameless.contains)
        {
            sink.warning(
                .noEffect,
                "“aliases” has no effect without a “network” that was made with a name: the engine's own know no names",
                at: aliases)
        }
        return run
    }

    /// Texts that have to be understood; what an expression stands for is not known yet.
    private func texts(
        _ node: SourceNode?, _ what: String, check: (String) throws(ContainerRun.Problem) -> Void
    ) -> [String] {
        let texts = texts(node, what)
        guard let node else { return texts }
        for element in elements(node) {
            guard case .scalar(let scalar) = element.content, !scalar.text.contains("$") else { continue }
            do {
                try check(scalar.text)
            } catch {
                sink.error(.badValue, "\(error)", at: element)
            }
        }
        return texts
    }

    private func logging(_ node: SourceNode?) -> ContainerRun.Logging? {
        guard let node else { return nil }
        if case .scalar = node.content { return name(node, "“logging”").map { .init(driver: $0) } }
        guard let fields = fields(node, what: "“logging”") else { return nil }
        let driver = name(fields.require("driver"), "“driver”")
        let options = textMap(fields.take("options"), "“options”")
        fields.finish()
        return driver.map { .init(driver: $0, options: options) }
    }

    private func healthCheck(_ node: SourceNode?) -> ContainerRun.HealthCheck? {
        guard let node else { return nil }
        if case .scalar(let scalar) = node.content, scalar.text == "none" || scalar.text == "false" { return .init() }
        if case .map(let entries) = node.content, entries.isEmpty { return .init() }
        guard let fields = fields(node, what: "“healthcheck”") else { return nil }
        var check = ContainerRun.HealthCheck()
        // As Compose writes it.
        let test = fields.take("test")
        let isDisabled = bool(fields.take("disable"), "“disable”") ?? false
        let command = test == nil && !isDisabled ? fields.require("command") : fields.take("command")
        // One text is a shell's line, a list are the words themselves.
        if let line = command ?? test, case .scalar(let scalar) = line.content {
            note(scalar.text, isScript: true, at: line)
            check.command = ["/bin/sh", "-c", scalar.text]
        } else if let command {
            check.command = texts(command, "“command”")
        } else if let test {
            check.command = testWords(test)
        }
        if isDisabled { check.command = [] }
        check.interval = duration(fields.take("interval"), "“interval”")
        check.timeout = duration(fields.take("timeout"), "“timeout”")
        check.startPeriod = duration(fields.take("start_period"), "“start_period”")
        check.retries = integer(fields.take("retries"), "“retries”", in: 1...1000)
        fields.finish()
        return check
    }

    private func testWords(_ node: SourceNode) -> [String] {
        let words = texts(node, "“test”", isScript: elements(node).first.flatMap(plainText) == "CMD-SHELL")
        switch words.first {
        case "NONE": return []
        case "CMD": return Array(words.dropFirst())
        case "CMD-SHELL": return ["/bin/sh", "-c", words.dropFirst().joined(separator: " ")]
        default:
            sink.error(.badValue, "“test” begins with CMD, CMD-SHELL or NONE; a list without it is “command”", at: node)
            return words
        }
    }

    private func signal(_ node: SourceNode?) -> String? {
        guard let node, let text = text(node, "“stop_signal”") else { return nil }
        do {
            try ContainerRun.signal(text)
            return text
        } catch {
            sink.error(.badValue, "\(error)", at: node)
            return nil
        }
    }

    private func restartPolicy(_ node: SourceNode) -> String? {
        guard let text = text(node, "“restart”") else { return nil }
        let words = ["no", "always", "on-failure", "unless-stopped"]
        if words.contains(text) { return text }
        sink.error(
            .badValue, "“restart” is \(Self.list(words)), not “\(text)”\(Nearest.hint(text, among: words))", at: node)
        return nil
    }
}
