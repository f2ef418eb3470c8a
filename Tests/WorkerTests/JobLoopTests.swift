import Contracts
import Logging
import Messaging
import PipelineLanguage
import Secrets
import ServiceLifecycle
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// The platform in memory.
final class MemoryPlatform: JobPlatform {
    struct Away: Error {}

    /// What offers come with.
    let traceparent = Traceparent.make()

    private struct State {
        var offers: [BuildRequested] = []
        var claims: [JobClaim] = []
        var announced: [WorkerAnnounced] = []
        /// Jobs that wait without a wake.
        var unheard: [JobID] = []
        /// How many claims get no answer, though they are granted.
        var lostAnswers = 0
        /// What was granted to those, by the claim's id.
        var unheardAnswers: [String: JobGrant] = [:]
        /// Whether it knows no claim without a wake.
        var isOfBefore = false
        /// How many of those there were.
        var asked = 0
        var reports: [any Message] = []
        var logs: [String: String] = [:]
        var reachable = true
        var failNextReports = 0
        var isRefused: @Sendable (any Message) -> Bool = { _ in false }
        var refusesLogs = false
    }

    private let state = Mutex(State())
    private let cancellations: AsyncStream<JobCancelled>
    private let cancelling: AsyncStream<JobCancelled>.Continuation
    private let calls: AsyncStream<JobsWaiting>
    private let calling: AsyncStream<JobsWaiting>.Continuation
    private let grant: @Sendable (JobClaim) async throws -> JobClaimReply

    init(grant: @escaping @Sendable (JobClaim) async throws -> JobClaimReply) {
        self.grant = grant
        (calls, calling) = AsyncStream.makeStream(of: JobsWaiting.self)
        (cancellations, cancelling) = AsyncStream.makeStream(of: JobCancelled.self)
    }

    var reports: [any Message] { state.withLock { $0.reports } }
    var claims: [JobClaim] { state.withLock { $0.claims } }
    var announced: [WorkerAnnounced] { state.withLock { $0.announced } }
    var asked: Int { state.withLock { $0.asked } }
    var isOfBefore: Bool {
        get { state.withLock { $0.isOfBefore } }
        set { state.withLock { $0.isOfBefore = newValue } }
    }
    func hide(_ jobs: [String]) { state.withLock { $0.unheard = jobs.map(JobID.init(rawValue:)) } }
    func call(_ scope: WorkerScope) { calling.yield(JobsWaiting(scope: scope)) }
    func loseAnswers(_ count: Int) { state.withLock { $0.lostAnswers = count } }
    var waiting: Int { state.withLock { $0.offers.count } }
    var finished: JobFinished? { reports.compactMap { $0 as? JobFinished }.last }
    func log(_ step: String) -> String { state.withLock { $0.logs[step] ?? "" } }
    func offer(_ job: String, attempt: Int = 1) {
        state.withLock { $0.offers.append(BuildRequested(job: JobID(rawValue: job), run: someRun, attempt: attempt)) }
    }
    func cancel(_ job: String, reason: String) {
        cancelling.yield(JobCancelled(job: JobID(rawValue: job), run: someRun, attempt: 1, reason: reason))
    }
    func setReachable(_ reachable: Bool) { state.withLock { $0.reachable = reachable } }
    func refuseReports(_ isRefused: @escaping @Sendable (any Message) -> Bool) {
        state.withLock { $0.isRefused = isRefused }
    }
    func refuseLogs() { state.withLock { $0.refusesLogs = true } }
    func failReports(_ count: Int) { state.withLock { $0.failNextReports = count } }

    func take<Value: Sendable>(
        _ offer: @escaping @Sendable (any JobOffer) async throws -> Offer<Value>
    ) async throws -> Value? {
        while true {
            try await Task.sleep(for: .milliseconds(2))
            guard let next = state.withLock({ $0.offers.isEmpty ? nil : $0.offers.removeFirst() }) else { continue }
            let context = MessageContext(id: .make(), run: someRun, traceparent: traceparent)
            switch try await MessageContext.$current.withValue(context, operation: { try await offer(next) }) {
            case .take(let value): return value
            case .drop: continue
            case .requeue: state.withLock { $0.offers.append(next) }
            }
        }
    }

    func claim(_ claim: JobClaim) async throws -> JobClaimReply {
        var claim = claim
        let (isOfBefore, unheard) = state.withLock { state in
            if claim.job == nil { state.asked += 1 }
            return (state.isOfBefore, claim.id.flatMap { state.unheardAnswers[$0] })
        }
        if claim.job == nil {
            if isOfBefore { throw Problem(code: "malformed_request", message: "it is not a valid JobClaim") }
            if unheard == nil {
                let job = state.withLock { $0.unheard.isEmpty ? nil : $0.unheard.removeFirst() }
                guard let job else { return .refused(.init(code: .nothing, reason: "no job waits")) }
                (claim.job, claim.attempt) = (job, 1)
            }
        }
        let isLost = state.withLock { state in
            state.claims.append(claim)
            state.lostAnswers -= 1
            return state.lostAnswers >= 0
        }
        let isTaken = state.withLock { state in
            unheard == nil && state.unheardAnswers.values.contains { $0.job == claim.job }
        }
        if isTaken { return .refused(.init(code: .taken, reason: "worker w1 has it")) }
        let reply = if let unheard { JobClaimReply.granted(unheard) } else { try await grant(claim) }
        guard isLost else { return reply }
        if let id = claim.id, case .granted(let grant) = reply { state.withLock { $0.unheardAnswers[id] = grant } }
        throw Away()
    }

    func announce(_ worker: WorkerAnnounced, timeout: Duration) async throws {
        state.withLock { $0.announced.append(worker) }
    }

    func watchWaitingJobs(_ body: @Sendable (JobsWaiting) -> Void) async throws {
        for await message in calls { body(message) }
    }

    func report(_ report: any Message, id: MessageID, run: RunID, timeout: Duration) async throws {
        try state.withLock { state in
            guard state.reachable else { throw Away() }
            if state.isRefused(report) { throw JobFailure("it has too many bytes") }
            if report is StepStarted, state.failNextReports > 0 {
                state.failNextReports -= 1
                throw Away()
            }
            state.reports.append(report)
        }
    }

    func watchCancellations(_ body: @Sendable (JobCancelled) -> Void) async throws {
        for await message in cancellations { body(message) }
    }

    func publish(_ chunk: LogChunk) async throws {
        try state.withLock { state in
            guard state.reachable else { throw Away() }
            if state.refusesLogs { throw JobFailure("it has too many bytes") }
            let stored = state.logs[chunk.step, default: ""]
            if Int(chunk.offset) == stored.utf8.count { state.logs[chunk.step] = stored + chunk.text }
        }
    }
}

private let someRun = RunID(rawValue: "r")

/// Runs each step by a closure.
struct ClosureExecutor: JobExecutor, StepRunner {
    var prepare: @Sendable () async throws -> Void = {}
    var cleanUp: @Sendable () async throws -> Void = {}
    var step: @Sendable (StepRun) async throws -> StepResult

    func collectLeftovers() async -> Bool { true }

    func execute(_ job: GrantedJob, _ run: JobRun) async throws {
        try await prepare()
        await run.steps(self)
        try await cleanUp()
    }

    func run(_ step: StepRun) async throws -> StepResult { try await self.step(step) }
}

@Suite(.timeLimit(.minutes(1))) struct JobLoopTests {
    private static let sealKey = "k1:" + String(repeating: "A", count: 43) + "="

    private func grant(
        _ steps: [Step], lease: Int = 30, timeout: Int = 60, environment: [String: Value] = [:]
    ) throws -> @Sendable (JobClaim) async throws -> JobClaimReply {
        let stage = try JSONValue(encoding: Stage(name: "main", kind: .exec, environment: environment, steps: steps))
        let keys = try KeyRing(Self.sealKey)
        return { claim in
            var grant = JobGrant(
                job: claim.job ?? JobID(rawValue: ""), run: someRun, attempt: claim.attempt ?? 0,
                leaseSeconds: lease, timeoutSeconds: timeout,
                repository: RepositoryPath(rawValue: "shop/web"),
                commit: Commit(
                    sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                    authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main", stage: stage,
                steps: steps.map(\.name))
            let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
            grant.secrets = ["token": try keys.seal("hunter22", for: binding.secret("token"))]
            return .granted(grant)
        }
    }

    /// Runs a loop until `body` returns, then shuts it down.
    private func withLoop(
        _ platform: MemoryPlatform, _ executor: ClosureExecutor, slots: Int = 1, grace: Duration = .seconds(5),
        scope: WorkerScope = WorkerScope(), _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await serve(loop(platform, executor, slots: slots, grace: grace, scope: scope), body)
    }

    private func loop(
        _ platform: MemoryPlatform, _ executor: ClosureExecutor, slots: Int = 1, grace: Duration = .seconds(5),
        patience: Duration = .seconds(120), scope: WorkerScope = WorkerScope()
    ) throws -> JobLoop {
        var configuration = JobLoopConfiguration(worker: "w1", scope: scope, slots: slots, grace: grace, spool: "")
        configuration.logs.spool = nil
        configuration.patience = patience
        return JobLoop(
            platform: platform, executor: executor, keys: try KeyRing(Self.sealKey), configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func serve(_ loop: JobLoop, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let group = ServiceGroup(services: [loop], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func aJobIsClaimedDoneAndReportedInOrder() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("this is \(step.step.name) with hunter22")
            return StepResult(
                success: true, exitCode: 0, outputs: ["seen": step.outputs["one"]?["x"] ?? "no", "x": "1"])
        }
        try await withLoop(platform, executor) {
            try await eventually("the end") { platform.finished != nil }
        }
        let claim = try #require(platform.claims.first)
        #expect(platform.claims.count == 1)
        #expect(claim.job == JobID(rawValue: "j") && claim.attempt == 1 && claim.worker == "w1")
        #expect(claim.scope == WorkerScope() && claim.id != nil && claim.life == platform.announced.first?.life)
        let kinds = platform.reports.filter { !($0 is JobHeartbeat) }.map { type(of: $0).type }
        #expect(kinds == ["StepStarted", "StepFinished", "StepStarted", "StepFinished", "JobFinished"])
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .success)
        #expect(finished.steps.map(\.step) == ["one", "two"])
        #expect(finished.steps.map(\.outputs["seen"]) == ["no", "1"])
        #expect(platform.log("one") == "this is one with ******\n")
        #expect(finished.steps.map(\.logBytes) == [24, 24])
    }

    @Test func whatIsSaidOfAJobCarriesOnTheTraceOfItsOffer() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let published = Mutex<[PreparedMessage]>([])
        let events = WorkerEvents(service: "builder", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            message in published.withLock { $0.append(message) }
        }
        let reported = Mutex<String?>(nil)
        let executor = ClosureExecutor { step in
            reported.withLock { $0 = MessageContext.current?.traceparent }
            return try await events.telling(step) { _ in StepResult(success: true) }
        }
        let telling = Task { try await events.run() }
        defer { telling.cancel() }
        try await withLoop(platform, executor) {
            try await eventually("both events") { published.withLock { $0.count } == 2 }
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(reported.withLock { $0 } == platform.traceparent)
        let traces = published.withLock { $0.map(\.traceparent) }
        #expect(traces.allSatisfy { $0?.prefix(35) == platform.traceparent.prefix(35) }, "\(traces)")
        #expect(Set(traces).count == 2)
        #expect(published.withLock { $0.map(\.run) } == [someRun, someRun])
    }

    @Test func thatAStepIsStuckIsToldAtOnce() async throws {
        // An unprompted heartbeat comes after a third of the lease only.
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")], lease: 3000))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            step.stuck("it hangs on hunter22")
            step.stuck("it hangs on hunter22")
            try await eventually("the word of it") { platform.reports.contains { $0 is JobHeartbeat } }
            step.stuck(nil)
            try await eventually("the word of its end") {
                platform.reports.filter { $0 is JobHeartbeat }.count == 2
            }
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(
            platform.reports.compactMap { ($0 as? JobHeartbeat)?.stuck ?? ($0 is JobHeartbeat ? "-" : nil) }
                == ["it hangs on ******", "-"])
        #expect(platform.finished?.outcome == .success)
    }

    @Test func whatAStepHandsOnIsPutIntoTheNext() async throws {
        let platform = MemoryPlatform(
            grant: try grant([Step(name: "one"), Step(name: "two", image: "web@${steps.one.digest}")]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("image \(step.step.image ?? "none")")
            return StepResult(success: true, outputs: ["digest": "sha256:1"])
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.log("two") == "image web@sha256:1\n")
    }

    @Test func anOutputThatHoldsASecretIsDroppedAndTheLogSaysSo() async throws {
        let steps = [
            Step(name: "leak"), Step(name: "use", image: "x:${steps.leak.token}", failure: .ignore),
            Step(name: "note", image: "x:${steps.leak.note}"),
        ]
        let platform = MemoryPlatform(grant: try grant(steps))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("it is \(step.step.image ?? "none")")
            return StepResult(success: true, outputs: ["token": "a hunter22 b", "note": "plain", "hunter22": "x"])
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        let finished = try #require(platform.finished)
        #expect(finished.steps[0].outputs == ["note": "plain"])
        let told = platform.reports.compactMap { ($0 as? StepFinished)?.report.outputs }
        #expect(told.allSatisfy { $0 == ["note": "plain"] || $0.isEmpty })
        for name in ["token", "******"] {
            #expect(
                platform.log("leak").contains("the output “\(name)” holds the secret “token”, and is dropped; "))
        }
        #expect(!platform.log("leak").contains("hunter22"))
        // By its name an image would show it to everybody who sees images.
        let reason =
            "${steps.leak.token} in image: this output was dropped, since it holds the secret “token”: let the step that "
            + "needs that take it itself, with from_secret"
        #expect(finished.steps[1].reason == reason && finished.steps[1].outcome == .failure)
        // The platform tells it to the jobs behind this one, but no name with a secret in it.
        #expect(finished.steps[0].dropped == ["token": "the secret “token”"])
        #expect(platform.log("note").hasPrefix("it is x:plain\n"))
    }

    @Test func whatAnEarlierJobDroppedIsToldWhereItIsUsed() async throws {
        let plain = try grant([Step(name: "use", image: "x:${steps.leak.word}")])
        let platform = MemoryPlatform { claim in
            guard case .granted(var grant) = try await plain(claim) else { return try await plain(claim) }
            grant.dropped = ["leak": ["word": "the secret “code”"]]
            return .granted(grant)
        }
        platform.offer("j")
        let executor = ClosureExecutor { _ in StepResult(success: true) }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.steps.first?.reason?.contains("since it holds the secret “code”") == true)
    }

    @Test func noReasonShowsASecret() async throws {
        let steps = [Step(name: "one"), Step(name: "two")]
        let failing = ClosureExecutor { _ in .init(success: false, reason: "no login for hunter22") }
        let broken = ClosureExecutor(
            prepare: { throw JobFailure("no access to https://hunter22@git") }, step: { _ in .init(success: true) })
        let left = ClosureExecutor(
            cleanUp: { throw JobFailure("hunter22 is left") }, step: { _ in .init(success: true) })
        for (executor, shown) in [
            (failing, "no login for ******"), (broken, "no access to https://******@git"), (left, "****** is left"),
        ] {
            let platform = MemoryPlatform(grant: try grant(steps))
            platform.offer("j")
            try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
            let finished = try #require(platform.finished)
            let reports = finished.steps + platform.reports.compactMap { ($0 as? StepFinished)?.report }
            let reasons = reports.map(\.reason) + [finished.reason]
            #expect(reasons.contains { $0?.contains(shown) == true }, "\(reasons)")
            #expect(!reasons.contains { $0?.contains("hunter22") == true }, "\(reasons)")
        }
    }

    @Test func noEventShowsASecret() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let published = Mutex<[String]>([])
        let events = WorkerEvents(service: "builder", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            message in published.withLock { $0.append(message.body) }
        }
        let executor = ClosureExecutor { step in
            try await events.telling(step) { _ in throw JobFailure("no login for hunter22") }
        }
        let telling = Task { try await events.run() }
        defer { telling.cancel() }
        try await withLoop(platform, executor) {
            try await eventually("both events") { published.withLock { $0.count } == 2 }
            try await eventually("the end") { platform.finished != nil }
        }
        let bodies = published.withLock { $0 }
        #expect(bodies.last?.contains("no login for ******") == true, "\(bodies)")
        #expect(!bodies.contains { $0.contains("hunter22") })
    }

    @Test func aStepIsToldHowThingsStandWhenItStarts() async throws {
        let always = Condition(status: [.success, .failure])
        let steps = [
            Step(name: "first", settings: ["text": .value("${DRONE_BUILD_STATUS} [${DRONE_FAILED_STEPS}]")]),
            Step(name: "shaky", failure: .ignore), Step(name: "test"),
            Step(
                name: "tell", environment: ["OWN": "${DRONE_STAGE_STATUS} ${DRONE_STEP_NUMBER}"],
                settings: ["text": .value("${DRONE_BUILD_STATUS} [${DRONE_FAILED_STEPS}]")], when: always),
        ]
        let platform = MemoryPlatform(grant: try grant(steps, environment: ["ALL": "${DRONE_FAILED_STAGES}"]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            let environment = try step.environment(output: "/out")
            for name in ["PLUGIN_TEXT", "OWN", "ALL", "DRONE_BUILD_STATUS", "CI_JOB_STATUS", "SLIPWAY_OUTPUT"] {
                await step.log.line("\(name)=\(environment[name] ?? "none")")
            }
            return StepResult(success: !["shaky", "test"].contains(step.step.name))
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(
            platform.log("first") == """
                PLUGIN_TEXT=success []
                OWN=none
                ALL=
                DRONE_BUILD_STATUS=success
                CI_JOB_STATUS=success
                SLIPWAY_OUTPUT=/out

                """)
        #expect(
            platform.log("tell") == """
                PLUGIN_TEXT=failure [test]
                OWN=failure 4
                ALL=main
                DRONE_BUILD_STATUS=failure
                CI_JOB_STATUS=failed
                SLIPWAY_OUTPUT=/out

                """)
    }

    @Test func aReferenceToNothingFailsTheStepThatMakesIt() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one", image: "web@${steps.nobody.digest}")]))
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.finished?.outcome == .failure)
        #expect(platform.log("one").contains("nobody"))
    }

    @Test func aStepThatFailsSkipsTheRestAndTellsWhy() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        let executor = ClosureExecutor { _ in StepResult(success: false, exitCode: 2, reason: "exit code 2") }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .failure)
        #expect(finished.reason == "step “one” failed: exit code 2")
        #expect(finished.steps.map(\.outcome) == [.failure, .skipped])
        #expect(finished.steps.map(\.exitCode) == [2, nil])
    }

    @Test func whatAStepThrowsIsInItsLog() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let executor = ClosureExecutor { _ in throw JobFailure("there is no image “x”") }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.log("one") == "there is no image “x”\n")
        #expect(platform.finished?.steps.first?.reason == "there is no image “x”")
    }

    @Test func aJobThatCannotBePreparedFailsItsFirstStep() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        let executor = ClosureExecutor(
            prepare: { throw JobFailure("no such commit") }, step: { _ in .init(success: true) })
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .failure)
        #expect(finished.reason == "no such commit")
        #expect(finished.steps.map(\.outcome) == [.failure, .skipped])
        #expect(platform.log("one") == "no such commit\n")
    }

    @Test func exitCode78EndsTheStageWell() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        let executor = ClosureExecutor { _ in StepResult(.exited(78)) }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .success)
        #expect(platform.finished?.steps.map(\.outcome) == [.success, .skipped])
    }

    @Test func aStepIsTriedAgainWithinItsLog() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one", retry: Retry(max: 2))]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            StepResult(success: step.number == 3, exitCode: step.number == 3 ? 0 : 1)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .success)
        #expect(platform.log("one") == "— try 2\n— try 3\n")
        #expect(platform.reports.filter { $0 is StepStarted }.count == 1)
    }

    @Test func aStepThatTakesTooLongIsStopped() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one", timeout: 1)]))
        platform.offer("j")
        let executor = ClosureExecutor { _ in
            try await Task.sleep(for: .seconds(100))
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.steps.first?.outcome == .failure)
        #expect(platform.finished?.steps.first?.reason == "the step took longer than its timeout of 1 s")
    }

    /// A program that answers SIGTERM with this exit code.
    private static func stubborn(_ code: Int32) -> @Sendable (StepRun) async throws -> StepResult {
        { step in
            await step.log.line("begun")
            for await _ in AsyncStream.makeStream(of: Never.self).stream {}
            return StepResult(.stopped(code))
        }
    }

    @Test(arguments: [0, 78] as [Int32]) func anExitCodeDoesNotHideATimeout(_ code: Int32) async throws {
        let steps = [
            Step(name: "once", failure: .ignore, timeout: 1),
            Step(name: "twice", timeout: 1, retry: Retry(max: 1)),
            Step(name: "never"),
        ]
        let platform = MemoryPlatform(grant: try grant(steps))
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor(step: Self.stubborn(code))) {
            try await eventually("the end") { platform.finished != nil }
        }
        let finished = try #require(platform.finished)
        let reason = "the step took longer than its timeout of 1 s"
        #expect(finished.outcome == .failure)
        #expect(finished.steps.map(\.outcome) == [.failure, .failure, .skipped])
        #expect(finished.steps.prefix(2).allSatisfy { $0.reason == reason })
        #expect(platform.log("once") == "begun\n\(reason)\n")
        #expect(platform.log("twice") == "begun\n\(reason)\n— try 2\nbegun\n\(reason)\n")
    }

    @Test func aTimeoutIsNoExitCodeToTryAgainFor() async throws {
        let step = Step(name: "one", timeout: 1, retry: Retry(max: 1, exitCodes: [143]))
        let platform = MemoryPlatform(grant: try grant([step]))
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor(step: Self.stubborn(143))) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.finished?.steps.map(\.exitCode) == [143])
        #expect(!platform.log("one").contains("try 2"))
    }

    @Test func anExitCodeDoesNotHideACancelNorTheJobsTimeout() async throws {
        for isTimeout in [false, true] {
            let platform = MemoryPlatform(
                grant: try grant([Step(name: "one"), Step(name: "two")], timeout: isTimeout ? 1 : 60))
            platform.offer("j")
            try await withLoop(platform, ClosureExecutor(step: Self.stubborn(0))) {
                try await eventually("the beginning") { platform.log("one").hasPrefix("begun\n") }
                if !isTimeout { platform.cancel("j", reason: "cancelled by ada") }
                try await eventually("the end") { platform.finished != nil }
            }
            let reason = isTimeout ? "the job took longer than its timeout of 1 s" : "cancelled by ada"
            #expect(platform.finished?.outcome == (isTimeout ? .failure : .cancelled))
            #expect(platform.finished?.steps.map(\.outcome) == [.cancelled, .cancelled])
            #expect(platform.finished?.steps.first?.reason == reason)
            #expect(platform.log("one") == "begun\nstopped: \(reason)\n")
        }
    }

    @Test func anExitCodeDoesNotHideAFastFailure() async throws {
        let steps = [
            Step(name: "bad", dependsOn: [], failure: .fast), Step(name: "long", dependsOn: [], retry: Retry(max: 1)),
        ]
        let platform = MemoryPlatform(grant: try grant(steps))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            if step.step.name == "long" { return try await Self.stubborn(0)(step) }
            try await eventually("the other") { platform.log("long") == "begun\n" }
            return StepResult(.exited(3))
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .failure)
        #expect(finished.steps.first { $0.step == "long" }?.outcome == .cancelled)
        #expect(platform.log("long") == "begun\nstopped: step “bad” failed\n")
    }

    @Test func theWorldHearsHowAStoppedStepEnded() async throws {
        let platform = MemoryPlatform(
            grant: try grant([Step(name: "limit", failure: .ignore, timeout: 1), Step(name: "cancel")]))
        platform.offer("j")
        let published = Mutex<[JSONValue]>([])
        let events = WorkerEvents(service: "builder", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            message in
            let event = try Wire.decode(JSONValue.self, from: .init(message.body.utf8))
            published.withLock { $0.append(event) }
        }
        let executor = ClosureExecutor { step in try await events.telling(step) { try await Self.stubborn(0)($0) } }
        let telling = Task { try await events.run() }
        defer { telling.cancel() }
        try await withLoop(platform, executor) {
            try await eventually("the second step") { platform.log("cancel") == "begun\n" }
            platform.cancel("j", reason: "cancelled by ada")
            try await eventually("the end") { platform.finished != nil }
            try await eventually("all events") { published.withLock { $0.count } == 4 }
        }
        let contents = published.withLock { $0 }.compactMap { $0["data"]?["subject"]?["content"] }
        let ends = contents.filter { $0["outcome"] != nil }
        #expect(ends.map { $0["outcome"] } == ["failure", "cancel"])
        #expect(
            ends.map { $0["errors"] } == ["the step took longer than its timeout of 1 s", "cancelled by ada"])
    }

    @Test func aCancelledJobStops() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("begun")
            try await Task.sleep(for: .seconds(100))
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) {
            try await eventually("the beginning") { platform.log("one") == "begun\n" }
            platform.cancel("j", reason: "cancelled by ada")
            try await eventually("the end") { platform.finished != nil }
        }
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .cancelled)
        #expect(finished.reason == "cancelled by ada")
        #expect(finished.steps.map(\.outcome) == [.cancelled, .cancelled])
    }

    /// A rollout that cannot be watched says so again and again, also while it is being stopped.
    @Test(arguments: [true, false]) func whatAStoppedStepSaysDoesNotHoldItsEnd(byTimeout: Bool) async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one", timeout: byTimeout ? 1 : nil)]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("begun")
            let (never, end) = AsyncStream.makeStream(of: Never.self)
            // Ends when the step is stopped.
            for await _ in never {}
            end.finish()
            for number in 1...100 { await step.log.line("still watching \(number)") }
            throw CancellationError()
        }
        try await withLoop(platform, executor) {
            try await eventually("the beginning") { platform.log("one").hasPrefix("begun\n") }
            if !byTimeout { platform.cancel("j", reason: "cancelled by ada") }
            try await eventually("the end") { platform.finished != nil }
        }
        let finished = try #require(platform.finished)
        #expect(finished.steps.map(\.outcome) == [byTimeout ? .failure : .cancelled])
        #expect(finished.steps.first?.logBytes == Int64(platform.log("one").utf8.count))
        #expect(platform.log("one").contains("still watching 100\n"))
    }

    @Test func aJobThatTakesTooLongFails() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")], timeout: 1))
        platform.offer("j")
        let executor = ClosureExecutor { _ in
            try await Task.sleep(for: .seconds(100))
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .failure)
        #expect(platform.finished?.reason == "the job took longer than its timeout of 1 s")
    }

    @Test func atShutdownTheJobIsFinishedWithinTheGrace() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("begun")
            try await Task.sleep(for: .milliseconds(300))
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) {
            try await eventually("the beginning") { platform.log("one") == "begun\n" }
        }
        #expect(platform.finished?.outcome == .success)
    }

    @Test func atShutdownTheJobIsHandedBackAfterTheGrace() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        platform.offer("next")
        let executor = ClosureExecutor { step in
            await step.log.line("begun")
            try await Task.sleep(for: .seconds(100))
            return StepResult(success: true)
        }
        try await withLoop(platform, executor, grace: .milliseconds(50)) {
            try await eventually("the beginning") { platform.log("one") == "begun\n" }
        }
        #expect(platform.finished?.outcome == .released)
        #expect(platform.waiting == 1)
        // What the next attempt runs has no end yet.
        #expect(!platform.reports.contains { $0 is StepFinished })
    }

    /// A claim that was under way when the worker was told to end.
    @Test func whatIsGrantedAfterTheShutdownBeganIsHandedBackUntouched() async throws {
        let gate = Flag()
        let asked = Flag()
        let grant = try grant([Step(name: "one")])
        let platform = MemoryPlatform { claim in
            asked.raise()
            while !gate.isRaised { try await Task.sleep(for: .milliseconds(2)) }
            return try await grant(claim)
        }
        platform.offer("j")
        let began = Flag()
        let executor = ClosureExecutor { _ in
            began.raise()
            return StepResult(success: true)
        }
        let loop = try loop(platform, executor)
        let group = ServiceGroup(services: [loop], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("the claim") { asked.isRaised }
            await group.triggerGracefulShutdown()
            try await Task.sleep(for: .milliseconds(100))
            gate.raise()
            try await tasks.waitForAll()
        }
        #expect(!began.isRaised)
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .released && finished.handBack == .shutdown && finished.steps.isEmpty)
    }

    @Test func aFaultOfTheWorkerHandsTheJobBackAndHasItPause() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        platform.offer("next")
        var executor = ClosureExecutor { _ in StepResult(success: true) }
        executor.prepare = {
            throw JobFailure("the step's folder cannot be made: \(Errno.noSpace)", of: Errno.noSpace)
        }
        let loop = try loop(platform, executor)
        try await serve(loop) {
            try await eventually("the end") { platform.finished != nil }
            try await eventually("it is told") {
                platform.announced.last?.problem?.contains("after: the step's folder cannot be made") == true
            }
            #expect(loop.problem?.contains("after: the step's folder cannot be made") == true)
        }
        let finished = try #require(platform.reports.lazy.compactMap { $0 as? JobFinished }.first)
        #expect(finished.outcome == .released && finished.handBack == .worker)
        #expect(finished.reason?.contains("the step's folder cannot be made") == true)
        let ends = platform.reports.compactMap { ($0 as? StepFinished)?.report.outcome }
        #expect(!ends.contains(.failure) && !ends.contains(.success))
    }

    /// What waits for the steps is told nothing of a step that could not be done here.
    @Test(arguments: [JobFinished.HandBack.worker, .source, .registry])
    func aStepThatCannotBeDoneHereHandsTheJobBack(_ handBack: JobFinished.HandBack) async throws {
        let platform = MemoryPlatform(
            grant: try grant([
                Step(name: "first"), Step(name: "one"), Step(name: "two"),
                Step(name: "cleanup", when: Condition(status: [.failure])),
            ]))
        platform.offer("j")
        let ran = Mutex<[String]>([])
        let executor = ClosureExecutor { step in
            ran.withLock { $0.append(step.step.name) }
            await step.log.line("begun")
            if step.step.name == "one" { throw JobFailure("its folder cannot be made", handBack: handBack) }
            return StepResult(success: true)
        }
        let loop = try loop(platform, executor)
        try await serve(loop) { try await eventually("the end") { platform.finished != nil } }
        let finished = try #require(platform.finished)
        #expect(finished.outcome == .released && finished.handBack == handBack)
        #expect(finished.reason == "its folder cannot be made" && finished.steps.map(\.step) == ["first"])
        #expect(ran.withLock { $0 } == ["first", "one"])
        #expect(platform.reports.compactMap { ($0 as? StepFinished)?.report.step } == ["first"])
        #expect(
            platform.log("one") == "begun\nits folder cannot be made\nstopped: handed back: its folder cannot be made\n"
        )
        #expect((loop.problem == nil) == (handBack != .worker))
    }

    @Test func aJobOfOneStepThatCannotBeDoneHereIsNoSuccess() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one", failure: .ignore)]))
        platform.offer("j")
        let executor = ClosureExecutor { _ in throw JobFailure("the engine is away", handBack: .worker) }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .released && platform.finished?.steps == [])
    }

    /// A person's stop comes first, and then it is over.
    @Test func aCancelIsNotHiddenByAFault() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let executor = ClosureExecutor { step in
            await step.log.line("begun")
            do { try await Task.sleep(for: .seconds(100)) } catch {}
            throw JobFailure("the engine is away", handBack: .worker)
        }
        try await withLoop(platform, executor) {
            try await eventually("the beginning") { platform.log("one") == "begun\n" }
            platform.cancel("j", reason: "by ada")
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.finished?.outcome == .cancelled)
    }

    @Test func aSlotThatWaitedBeforeTheFaultTakesNoWakeDuringThePause() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        var executor = ClosureExecutor { _ in StepResult(success: true) }
        executor.prepare = { throw JobFailure("the disk is full", of: Errno.noSpace) }
        let loop = try loop(platform, executor, slots: 3)
        try await serve(loop) {
            try await eventually("all have asked at the start, and wait") { platform.asked >= 3 }
            platform.offer("j")
            try await eventually("it is handed back") { platform.finished?.handBack == .worker }
            try await eventually("it pauses") { loop.problem?.hasPrefix("pauses") == true }
            platform.offer("next")
            try await Task.sleep(for: .seconds(1))
            #expect(platform.claims.compactMap(\.job).map(\.rawValue) == ["j"])
            #expect(platform.waiting == 1, "it is there for others")
        }
    }

    @Test func aWorkerThatIsNotReadyTakesNothing() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        let problem = Mutex<String?>("docker: it cannot be reached")
        var configuration = JobLoopConfiguration(worker: "w1", slots: 1, grace: .zero, spool: "")
        configuration.logs.spool = nil
        configuration.problem = { problem.withLock { $0 } }
        let loop = JobLoop(
            platform: platform, executor: ClosureExecutor { _ in StepResult(success: true) },
            keys: try KeyRing(Self.sealKey), configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await serve(loop) {
            try await eventually("it is told") { platform.announced.last?.problem != nil }
            // What it asked before it knew is answered.
            try await Task.sleep(for: .milliseconds(500))
            platform.offer("j")
            try await Task.sleep(for: .seconds(1))
            #expect(platform.reports.isEmpty)
            problem.withLock { $0 = nil }
            try await eventually(within: .seconds(30), "the end") { platform.finished != nil }
        }
    }

    @Test func anExitCodeDoesNotHideThatTheJobIsHandedBack() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor(step: Self.stubborn(0)), grace: .milliseconds(50)) {
            try await eventually("the beginning") { platform.log("one") == "begun\n" }
        }
        #expect(platform.finished?.outcome == .released)
        #expect(platform.finished?.steps.contains { $0.outcome == .success } == false)
    }

    @Test func aLostLeaseStopsTheJobWithoutAReport() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")], lease: 1))
        platform.offer("j")
        let box = Flag()
        let executor = ClosureExecutor { step in
            platform.setReachable(false)
            do {
                try await Task.sleep(for: .seconds(100))
            } catch {
                box.raise()
                throw error
            }
            return StepResult(success: true)
        }
        try await withLoop(platform, executor) {
            try await eventually("the stop") { box.isRaised }
            platform.setReachable(true)
        }
        #expect(platform.finished == nil)
    }

    @Test func aJobRefusedIsForgottenAndTheNextIsTaken() async throws {
        let granting = try grant([Step(name: "one")])
        let platform = MemoryPlatform { claim in
            if claim.job?.rawValue == "gone" {
                return .refused(.init(code: .cancelled, reason: "cancelled by ada"))
            }
            return try await granting(claim)
        }
        platform.offer("gone")
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.claims.map(\.job?.rawValue) == ["gone", "j"])
        #expect(platform.finished?.job.rawValue == "j")
    }

    @Test func aClaimWithoutAnswerGoesBackToTheQueue() async throws {
        let granting = try grant([Step(name: "one")])
        let calls = Counting()
        let platform = MemoryPlatform { claim in
            guard calls.next() > 1 else { throw MemoryPlatform.Away() }
            return try await granting(claim)
        }
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.claims.count == 2)
    }

    /// The platform gave the job: asked again under the same id it says so once more, and nobody has to wait for a lease.
    @Test func aLostAnswerIsAskedForAgainUnderTheSameID() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        platform.loseAnswers(2)
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
            platform.offer("k")
            try await eventually("the second end") { platform.finished?.job.rawValue == "k" }
        }
        let ids = platform.claims.compactMap(\.id)
        #expect(Set(ids.prefix(3)).count == 1)
        #expect(!ids.dropFirst(3).contains(ids[0]))
        #expect(platform.reports.compactMap { ($0 as? JobFinished)?.job.rawValue } == ["j", "k"])
    }

    /// A platform of the version before knows no claim without a wake, nor what a worker says of itself.
    @Test func aPlatformOfBeforeGivesTheJobsOfWakesAndIsToldNothingMore() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.isOfBefore = true
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished?.job.rawValue == "j" }
        }
        #expect(platform.announced.count <= 1)
    }

    /// Such a platform would give it whatever comes, to whichever labels.
    @Test func aBuilderOfLabelsTakesNoWakeOfAPlatformThatDoesNotKnowThem() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.isOfBefore = true
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }, scope: WorkerScope(labels: ["gpu"]))
        {
            try await eventually("a claim without a wake") { platform.asked > 0 }
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(platform.waiting == 1 && platform.claims.isEmpty)
    }

    @Test func whatIsSaidOfAJobCarriesOnItsTraceWhoseverTheWakeWas() async throws {
        let granting = try grant([Step(name: "one")])
        let trace = Traceparent.make()
        let platform = MemoryPlatform { claim in
            var claim = claim
            claim.job = JobID(rawValue: "other")
            guard case .granted(var grant) = try await granting(claim) else { throw MemoryPlatform.Away() }
            grant.traceparent = trace
            return .granted(grant)
        }
        platform.offer("j")
        let seen = Mutex<String?>(nil)
        let executor = ClosureExecutor { _ in
            seen.withLock { $0 = MessageContext.current?.traceparent }
            return .init(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(seen.withLock { $0 } == trace)
    }

    @Test func everySlotAsksAtTheStartAndWhenItIsCalledUntilThereIsNothingMore() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.hide(["a", "b", "c"])
        @Sendable func ended() -> [String] {
            platform.reports.compactMap { ($0 as? JobFinished)?.job.rawValue }.sorted()
        }
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }, slots: 2) {
            try await eventually("those that waited at the start") { ended() == ["a", "b", "c"] }
            try await eventually("both slots have heard that there is no more") { platform.asked >= 5 }
            platform.hide(["d", "e", "f"])
            platform.call(WorkerScope(labels: ["gpu"]))
            try await Task.sleep(for: .milliseconds(100))
            #expect(ended() == ["a", "b", "c"], "others were called")
            platform.call(WorkerScope())
            try await eventually("those it was called for") { ended() == ["a", "b", "c", "d", "e", "f"] }
            platform.offer("g")
            try await eventually("a wake works still") { ended().last == "g" }
        }
        #expect(ended().count == 7)
    }

    @Test func aWorkerSaysThatItIsThereAndThatItLeaves() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }, slots: 3) {
            try await eventually("the word") { !platform.announced.isEmpty }
        }
        let said = platform.announced
        #expect(said.map(\.isLeaving) == [false, true])
        #expect(said.allSatisfy { $0.name == "w1" && $0.slots == 3 && $0.problem == nil && $0.life == said[0].life })
    }

    @Test func whatChangesIsSaidAtOnceAndWhatDoesNotFromTimeToTime() async throws {
        let platform = MemoryPlatform(grant: try grant([]))
        let problem = Mutex<String?>(nil)
        let announcer = WorkerAnnouncer(
            platform: platform, ended: [], configuration: .init(worker: "w", slots: 1, grace: .zero, spool: ""),
            problem: { problem.withLock { $0 } }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            look: .milliseconds(2), interval: .seconds(1000))
        let saying = Task { await announcer.run() }
        try await eventually("the first word") { platform.announced.count == 1 }
        try await Task.sleep(for: .milliseconds(50))
        #expect(platform.announced.count == 1)
        problem.withLock { $0 = "docker: it cannot be reached" }
        try await eventually("the change") {
            platform.announced.map(\.problem) == [nil, "docker: it cannot be reached"]
        }
        saying.cancel()
        await saying.value

        let often = WorkerAnnouncer(
            platform: platform, ended: [], configuration: announcer.configuration, problem: { nil },
            logger: announcer.logger, look: .milliseconds(2), interval: .milliseconds(10))
        let repeating = Task { await often.run() }
        try await eventually("the repeats") { platform.announced.count >= 5 }
        repeating.cancel()
        await repeating.value
    }

    @Test func aBusySlotTakesNothing() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        let gate = Flag()
        for job in ["a", "b", "c"] { platform.offer(job) }
        let executor = ClosureExecutor { _ in
            while !gate.isRaised { try await Task.sleep(for: .milliseconds(2)) }
            return .init(success: true)
        }
        try await withLoop(platform, executor, slots: 2) {
            try await eventually("two claims") { platform.claims.count == 2 }
            try await Task.sleep(for: .milliseconds(100))
            #expect(platform.claims.count == 2)
            #expect(platform.waiting == 1)
            gate.raise()
            try await eventually("all three") { platform.reports.filter { $0 is JobFinished }.count == 3 }
        }
    }

    @Test func reportsThatFailGoAgainInOrder() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.failReports(2)
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
        }
        let kinds = platform.reports.filter { !($0 is JobHeartbeat) }.map { type(of: $0).type }
        #expect(kinds == ["StepStarted", "StepFinished", "StepStarted", "StepFinished", "JobFinished"])
    }

    @Test func aReportThatCannotPassEndsTheJobWithItsReason() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.refuseReports { $0 is StepStarted }
        platform.offer("j")
        let executor = ClosureExecutor { _ in
            try await Task.sleep(for: .seconds(100))
            return .init(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .failure)
        #expect(platform.finished?.reason == "it has too many bytes")
    }

    @Test func anEndThatCannotPassIsToldWithoutItsSteps() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.refuseReports { ($0 as? JobFinished)?.steps.isEmpty == false }
        platform.offer("j")
        try await withLoop(platform, ClosureExecutor { _ in .init(success: true) }) {
            try await eventually("the end") { platform.finished != nil }
        }
        #expect(platform.finished?.outcome == .failure)
        #expect(platform.finished?.reason == "it has too many bytes")
    }

    @Test func aLogThatCannotPassEndsTheJobWithItsReason() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one"), Step(name: "two")]))
        platform.refuseLogs()
        platform.offer("j")
        let executor = ClosureExecutor { step in
            if step.step.name == "two" { try await Task.sleep(for: .seconds(100)) }
            await step.log.line("hello")
            return .init(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .failure)
        #expect(platform.finished?.reason == "the log of “one” is not whole: it has too many bytes")
    }

    @Test func aSlotThatWaitsForAReportIsNotReady() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let loop = try loop(platform, ClosureExecutor { _ in .init(success: true) }, patience: .milliseconds(200))
        #expect(loop.problem == nil)
        platform.failReports(.max)
        try await serve(loop) {
            try await eventually("the stall") { loop.problem != nil }
            #expect(loop.problem?.hasPrefix("job j waits for its StepStarted to be confirmed for ") == true)
            platform.failReports(0)
            try await eventually("the end") { platform.finished != nil }
            try await eventually("progress") { loop.problem == nil }
        }
    }

    @Test func aSlotWhoseClaimsFailIsNotReady() async throws {
        let platform = MemoryPlatform { _ in throw MemoryPlatform.Away() }
        platform.hide(Array(repeating: "j", count: 1000))
        let loop = try loop(platform, ClosureExecutor { _ in .init(success: true) }, patience: .milliseconds(200))
        try await serve(loop) {
            try await eventually("the stall") { loop.problem?.hasPrefix("jobs cannot be claimed for ") == true }
        }
    }

    @Test func `A worker without one of the platform's keys is not ready, and says which it lacks`() async throws {
        let claimed = Mutex<[JobClaim]>([])
        let platform = MemoryPlatform { claim in
            claimed.withLock { $0.append(claim) }
            return .refused(.init(code: .noKey, reason: "it has none of the platform's keys (2026)"))
        }
        platform.offer("j")
        let loop = try loop(platform, ClosureExecutor { _ in .init(success: true) }, patience: .milliseconds(200))
        try await serve(loop) {
            try await eventually("the stall") {
                loop.problem?.contains("it has none of the platform's keys (2026)") == true
            }
        }
        #expect(claimed.withLock { $0.first?.keys } == ["k1"])
    }

    @Test func aSlotWhoseLoginIsRefusedIsNotReady() async throws {
        let platform = MemoryPlatform { _ in
            throw Problem(
                code: JobClaim.refusedLogin, message: "the login slipway-builder-a is not given the jobs of b")
        }
        platform.offer("j")
        let loop = try loop(platform, ClosureExecutor { _ in .init(success: true) }, patience: .milliseconds(200))
        try await serve(loop) {
            try await eventually("the stall") {
                loop.problem?.contains("the login slipway-builder-a is not given the jobs of b") == true
            }
        }
    }

    @Test func aCleanUpThatDoesNotEndIsNotReady() async throws {
        let platform = MemoryPlatform(grant: try grant([Step(name: "one")]))
        platform.offer("j")
        let gate = Flag()
        let executor = ClosureExecutor(
            cleanUp: { while !gate.isRaised { try await Task.sleep(for: .milliseconds(2)) } },
            step: { _ in .init(success: true) })
        let loop = try loop(platform, executor, patience: .milliseconds(200))
        try await serve(loop) {
            try await eventually("the stall") {
                loop.problem?.hasPrefix("job j waits for the clean-up after its steps for ") == true
            }
            gate.raise()
            try await eventually("the end") { platform.finished != nil && loop.problem == nil }
        }
    }

    @Test func stepsThatMayRunAtOnceDo() async throws {
        let platform = MemoryPlatform(
            grant: try grant([
                Step(name: "a", dependsOn: []), Step(name: "b", dependsOn: []), Step(name: "c", dependsOn: ["a", "b"]),
            ]))
        platform.offer("j")
        let running = Counting()
        let executor = ClosureExecutor { step in
            if step.step.name != "c" {
                _ = running.next()
                while running.value < 2 { try await Task.sleep(for: .milliseconds(1)) }
            }
            return .init(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .success)
        #expect(platform.finished?.steps.map(\.step).last == "c")
    }

    @Test func aServiceRunsBesideTheStepsAndIsStoppedAtTheEnd() async throws {
        let stage = Stage(
            name: "main", steps: [Step(name: "test")])
        var withService = stage
        withService.services = [Step(name: "database", image: "postgres:16")]
        let json = try JSONValue(encoding: withService)
        let base = try grant([Step(name: "test")])
        let platform = MemoryPlatform { claim in
            guard case .granted(var grant) = try await base(claim) else { throw MemoryPlatform.Away() }
            grant.stage = json
            return .granted(grant)
        }
        platform.offer("j")
        let up = Flag()
        let executor = ClosureExecutor { step in
            guard step.step.name == "database" else { return .init(success: up.isRaised) }
            try await Task.sleep(for: .milliseconds(30))
            up.raise()
            step.ready()
            try await Task.sleep(for: .seconds(100))
            return .init(success: true)
        }
        try await withLoop(platform, executor) { try await eventually("the end") { platform.finished != nil } }
        #expect(platform.finished?.outcome == .success)
        #expect(Set(platform.finished?.steps.map(\.outcome) ?? []) == [.success])
    }
}

final class Flag: Sendable {
    private let value = Mutex(false)
    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}

final class Counting: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}
