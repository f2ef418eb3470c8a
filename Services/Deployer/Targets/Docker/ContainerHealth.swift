import DockerEngine
import HTTPClient
import PipelineLanguage
import Worker

/// Waits until a container that was just started is well.
///
/// With a probe: until it answers. Without: until the image's own health check says so, or where there is none, until
/// it has run for a while since its start. One that is started again and again is not well.
struct ContainerHealth: Sendable {
    let engine: DockerEngine
    let http: HTTPClient
    let id: String
    let probe: Probe?
    /// How long a container without any health check has to run to count as well.
    let settling: Duration
    /// How long it has to stay well to be well.
    var soak = Duration.zero
    /// What its rollout has to have ended by, so that a step's own timeout does not end it without a word.
    var deadline: ContinuousClock.Instant?
    /// How often it had been started again before anyone looked; those do not count.
    var pastRestarts = 0
    /// Told when it is stuck, with the reason, and when it goes on.
    var stuck: @Sendable (String?) -> Void = { _ in }
    let log: any StepLog

    /// How long the image's own health check may take.
    private static let ownCheck = Duration.seconds(120)
    /// A container that waits for another one may end a few times before it is well, if a probe says so at last.
    private static let patience = 3
    /// How long nothing changes before it counts as stuck.
    private static let stuckAfter = Duration.seconds(30)

    private enum Verdict {
        case well(String)
        case wait(String)
        case ill(String)
    }

    /// The start that is being looked at.
    private struct Start {
        var name: String
        var seenAt: ContinuousClock.Instant
    }

    /// - Parameter goesOn: Asked again and again; what it throws ends the wait.
    /// - Throws: ``JobFailure`` with what was wrong at last.
    func wait(_ goesOn: @Sendable () async throws -> Void = {}) async throws {
        let begun = ContinuousClock.now
        let own = probe.map { Duration.seconds($0.timeout) } ?? max(Self.ownCheck, settling * 2)
        let longest = own + soak
        let limit = deadline.map { max(.seconds(1), min(longest, $0 - begun)) } ?? longest
        let interval = Duration.seconds(max(1, probe?.interval ?? 1))
        // Most programs listen at once: the first tries come fast.
        var pause = min(.milliseconds(25), interval)
        var said = ""
        var saidAt = begun
        var start: Start?
        var wellSince: ContinuousClock.Instant?
        while true {
            try await goesOn()
            let container = try await look()
            // The engine starts it again by itself, or somebody does.
            if start?.name != container.state.startedAt {
                start = Start(name: container.state.startedAt, seenAt: ContinuousClock.now)
                wellSince = nil
            }
            // The last try has time to say what is wrong.
            let left = max(.seconds(3), limit - (ContinuousClock.now - begun))
            switch try await judge(
                container, runsFor: start.map { ContinuousClock.now - $0.seenAt } ?? .zero, within: left)
            {
            case .well(let text):
                stuck(nil)
                if wellSince == nil {
                    await log.line(
                        soak > .zero ? "\(text); it has to stay so for \(soak.components.seconds) s" : text)
                }
                let now = ContinuousClock.now
                let since = wellSince ?? now
                guard now - since < soak else { return }
                guard now - begun < limit else {
                    throw JobFailure(
                        "the new container was not well for \(soak.components.seconds) s without a break within "
                            + "\(limit.components.seconds) s")
                }
                wellSince = since
                said = ""
                pause = min(interval, max(.milliseconds(25), soak - (now - since)))
            case .ill(let text): throw JobFailure(text)
            case .wait(let text):
                wellSince = nil
                guard ContinuousClock.now - begun < limit else {
                    throw JobFailure("the new container was not well within \(limit.components.seconds) s: \(text)")
                }
                let now = ContinuousClock.now
                if text != said {
                    (said, saidAt) = (text, now)
                    await log.line(text)
                }
                let isStuck = container.restartCount > pastRestarts || now - saidAt >= Self.stuckAfter
                stuck(isStuck ? text : nil)
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, interval)
        }
    }

    private func look() async throws -> ContainerDetails {
        do {
            return try await engine.inspectContainer(id)
        } catch {
            guard error.code == .notFound else { throw error }
            throw JobFailure("container \(id.prefix(12)) was removed by another hand")
        }
    }

    private func judge(
        _ container: ContainerDetails, runsFor: Duration, within left: Duration
    ) async throws -> Verdict {
        let state = container.state
        let restarts = container.restartCount - pastRestarts
        guard state.isRunning, state.status == "running" else {
            if state.wasOutOfMemory { return .ill("the new container was killed for using more memory than its limit") }
            if !state.problem.isEmpty { return .ill("the new container cannot run: \(state.problem)") }
            let words = "the new container ended with exit code \(state.exitCode)"
            if state.status == "restarting", probe != nil, restarts < Self.patience { return .wait(words) }
            return .ill(restarts > 0 ? "\(words); \(Self.again(restarts))" : words)
        }
        if restarts > 0, probe == nil || restarts >= Self.patience {
            return .ill("the new container ends again and again: \(Self.again(restarts))")
        }
        if let probe, let port = probe.port { return await ask(container, port, probe.path) }
        if let command = probe?.command, !command.isEmpty { return try await run(command, within: left) }
        switch state.health {
        case "healthy": return .well("its health check says it is healthy")
        case "unhealthy": return .ill("the health check of the new container says it is unhealthy")
        case let other?: return .wait("its health check says: \(other)")
        case nil:
            guard runsFor >= settling else { return .wait("it runs") }
            return .well(
                "it has run for \(settling.components.seconds) s without a restart; there is no health check to ask")
        }
    }

    private static func again(_ restarts: Int) -> String {
        "it was started again \(restarts == 1 ? "once" : "\(restarts) times")"
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
        // In the host's network the host's addresses are its own.
        return own + published + (container.networkMode == "host" ? [("127.0.0.1:\(port)", false)] : [])
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
