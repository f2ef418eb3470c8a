import Containers
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
    /// - Throws: `JobFailure` with what was wrong at last.
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
            return .ill(restarts > 0 ? "\(words); \(Self.restarts(restarts))" : words)
        }
        if restarts > 0, probe == nil || restarts >= Self.patience {
            return .ill("the new container ends again and again: \(Self.restarts(restarts))")
        }
        if let probe, probe.port != nil || !probe.command.isEmpty {
            switch try await ContainerProbe(probe, engine: engine, http: http).ask(container, within: left) {
            case .works(let words): return .well(words)
            case .waits(let words): return .wait(words)
            }
        }
        switch state.health {
        case "healthy": return .well("its health check says it is healthy")
        case "unhealthy": return .ill("the health check of the new container says it is unhealthy")
        case let other?: return .wait("its health check says: \(other)")
        case nil:
            guard runsFor >= settling else { return .wait("it runs") }
            let start =
                settling > .zero
                ? "for \(settling.components.seconds) s" : "since \(state.startedAt.prefix { $0 != "." && $0 != "Z" })Z"
            return .well("it has run \(start) without a restart; there is no health check to ask")
        }
    }

    private static func restarts(_ restarts: Int) -> String {
        "it was started again \(restarts == 1 ? "once" : "\(restarts) times")"
    }
}
