import DockerEngine
import HTTPClient
import PipelineLanguage
import Worker

/// Waits until a container that was just started is well.
///
/// With a probe: until it answers. Without: until the image's own health check says so, or where there is none, until
/// it has run for a moment.
struct ContainerHealth: Sendable {
    let engine: DockerEngine
    let http: HTTPClient
    let id: String
    let probe: Probe?
    let log: any StepLog

    /// How long a container without any health check has to run to count as well.
    private static let settling = Duration.seconds(2)
    /// How long the image's own health check may take.
    private static let ownCheck = Duration.seconds(120)

    private enum Verdict {
        case well(String)
        case wait(String)
        case ill(String)
    }

    /// - Throws: ``JobFailure`` with what was wrong at last.
    func wait() async throws {
        let startedAt = ContinuousClock.now
        let limit = probe.map { Duration.seconds($0.timeout) } ?? Self.ownCheck
        let interval = Duration.seconds(max(1, probe?.interval ?? 1))
        // Most programs listen at once: the first tries come fast.
        var pause = min(.milliseconds(25), interval)
        var said = ""
        while true {
            let container = try await engine.inspectContainer(id)
            let left = max(.milliseconds(100), limit - (ContinuousClock.now - startedAt))
            let verdict = try await judge(container, since: startedAt, within: left)
            switch verdict {
            case .well(let text):
                await log.line(text)
                return
            case .ill(let text): throw JobFailure(text)
            case .wait(let text):
                guard ContinuousClock.now - startedAt < limit else {
                    throw JobFailure("the new container was not well within \(limit.components.seconds) s: \(text)")
                }
                if text != said {
                    said = text
                    await log.line(text)
                }
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, interval)
        }
    }

    private func judge(
        _ container: ContainerDetails, since start: ContinuousClock.Instant, within left: Duration
    ) async throws -> Verdict {
        let state = container.state
        guard state.isRunning, state.status == "running" else {
            if state.wasOutOfMemory { return .ill("the new container was killed for using more memory than its limit") }
            if !state.problem.isEmpty { return .ill("the new container cannot run: \(state.problem)") }
            return .ill("the new container ended with exit code \(state.exitCode)")
        }
        if let probe, let port = probe.port { return await ask(container, port, probe.path) }
        if let command = probe?.command, !command.isEmpty { return try await run(command, within: left) }
        switch state.health {
        case "healthy": return .well("its health check says it is healthy")
        case "unhealthy": return .ill("the health check of the new container's image says it is unhealthy")
        case let other?: return .wait("its health check says: \(other)")
        case nil:
            guard ContinuousClock.now - start >= Self.settling else { return .wait("it runs") }
            return .well("it has run for \(Self.settling.components.seconds) s; there is no health check to ask")
        }
    }

    /// Runs the probe's command in the container; one that hangs is not waited for longer than the probe allows.
    private func run(_ command: [String], within left: Duration) async throws -> Verdict {
        let words = "the command “\(command.joined(separator: " "))”"
        let code = try await withThrowingTaskGroup(of: Int32?.self, returning: Int32?.self) { group in
            group.addTask {
                do {
                    return try await engine.execute(command, in: id)
                } catch let error as DockerError where error.code != .cancelled {
                    // The container may just have ended; the next look at it tells.
                    return -1
                }
            }
            group.addTask {
                try await Task.sleep(for: left)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let code else { return .wait("\(words) in the container does not end") }
        switch code {
        case 0: return .well("\(words) in the container says it is well")
        case -1: return .wait("\(words) cannot be run in the container")
        default: return .wait("\(words) in the container ends with exit code \(code)")
        }
    }

    /// Where the container answers for a port: in its own network, and where the host publishes it.
    private func addresses(_ container: ContainerDetails, _ port: Int) -> [(address: String, isPublished: Bool)] {
        let own = container.addresses.values.filter { !$0.isEmpty }.sorted().map { ("\($0):\(port)", false) }
        let published = (container.ports["\(port)/tcp"] ?? []).compactMap { binding -> (String, Bool)? in
            guard let host = binding.port, !binding.address.contains(":") else { return nil }
            let address = binding.address.isEmpty || binding.address == "0.0.0.0" ? "127.0.0.1" : binding.address
            return ("\(address):\(host)", true)
        }
        return own + published
    }

    private func ask(_ container: ContainerDetails, _ port: Int, _ path: String?) async -> Verdict {
        var last = "port \(port) is not reachable from here"
        for (address, isPublished) in addresses(container, port) {
            let target = path.map { $0.hasPrefix("/") ? $0 : "/\($0)" } ?? "/"
            let request = HTTPRequest(
                .get, "http://\(address)\(target)", connectTimeout: .seconds(2), totalTimeout: .seconds(5))
            do {
                let response = try await http.send(request)
                guard path != nil else { return .well("port \(port) accepts connections") }
                if (200...399).contains(response.status) {
                    return .well("\(target) on port \(port) answers \(response.status)")
                }
                last = "\(target) on port \(port) answers \(response.status)"
            } catch {
                switch error.code {
                case .unreachable, .connectTimedOut, .unresolvable:
                    last = "port \(port) does not accept connections yet"
                case .connectionLost where isPublished:
                    // The engine's proxy takes the connection before anyone listens behind it.
                    last = "port \(port) does not accept connections yet"
                case _ where path == nil:
                    // Whoever listens speaks something else than HTTP; that it does is enough.
                    return .well("port \(port) accepts connections")
                default: last = "\(target) on port \(port): \(error.message)"
                }
            }
        }
        return .wait(last)
    }
}
