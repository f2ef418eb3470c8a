import Contracts
import FoundationEssentials
import Logging
import Messaging
import PipelineLanguage
import Secrets
import Synchronization
import TestSupport
import Testing
import Worker

@testable import Deployer

/// A target that is none of the two there are: it keeps what runs in memory.
private struct ShelfTarget: RolloutTarget {
    static let takes = "a shelf"
    static let address = "the number of a shelf"

    final class Shelf: Sendable {
        let state = Mutex((image: "shelf@sha256:\(String(repeating: "1", count: 64))", calls: [String]()))
        var calls: [String] { state.withLock { $0.calls } }
        func note(_ call: String) { state.withLock { $0.calls.append(call) } }
    }

    enum Mood: Sendable { case well, failing, stopped, stoppedBefore, doneAllTheSame, beyondHelp, refused, late }

    struct OnShelf: Rollout {
        let shelf: Shelf
        let mood: Mood
        let image: String
        let log: any StepLog
        var subject: String { "shelf/a" }
        private var result: RolloutResult { RolloutResult(image: image, revision: "2") }

        func rollOut() async throws -> RolloutEnd<String> {
            shelf.note("roll out")
            if mood == .refused { throw JobFailure("a newer rollout is there") }
            if mood == .stoppedBefore { throw CancellationError() }
            let before = shelf.state.withLock { state in
                defer { state.image = image }
                return state.image
            }
            switch mood {
            case .well: return .succeeded(result)
            case .stopped: return .interrupted(before)
            case .late:
                withUnsafeCurrentTask { $0?.cancel() }
                return .failed("it is not well", before)
            default: return .failed("it is not well", before)
            }
        }

        func rollBack(_ begun: String) async -> RollbackOutcome {
            shelf.note("roll back")
            if mood == .doneAllTheSame { return .finished(result) }
            if mood == .beyondHelp { return .notRolledBack("there was none before") }
            shelf.state.withLock { $0.image = begun }
            return .rolledBack("rolled back to 1")
        }

        func running() async throws -> RunningService? {
            shelf.note("running")
            return RunningService(image: shelf.state.withLock { $0.image }, revision: "1")
        }
    }

    let shelf = Shelf()
    var mood = Mood.well

    init(_ place: RolloutPlace) throws {}
    init(_ mood: Mood) { self.mood = mood }

    func accept(_ deploy: Deploy, _ step: StepRun) async throws -> (any Rollout)? {
        guard deploy.container == "shelf" else { return nil }
        return OnShelf(shelf: shelf, mood: mood, image: deploy.image, log: step.log)
    }
}

private final class Kept<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }
    func add(_ value: Value) { values.withLock { $0.append(value) } }
}

private struct KeptLog: StepLog {
    let lines = Kept<String>()
    func write(_ bytes: [UInt8]) async { lines.add(String(decoding: bytes, as: UTF8.self)) }
}

/// The lifecycle of a rollout, on a target of a third kind.
@Suite(.timeLimit(.minutes(1))) struct RolloutTargetTests {
    private static func image(_ digit: String) -> String { "shelf@sha256:\(String(repeating: digit, count: 64))" }

    private struct Outcome {
        var result: Result<StepResult, any Error>
        /// The events' types without their versions, and the images they name.
        var events: [String]
        var log: [String]
    }

    /// What the executor makes of a deploy step, and what the world is told.
    private func deploy(
        _ target: ShelfTarget, container: String = "shelf", event: Event = .push,
        permit: RolloutPermit? = RolloutPermit(environment: "production", containers: ["*"]), events count: Int
    ) async throws -> Outcome {
        let step = Step(
            name: "deploy", deploy: Deploy(environment: "production", container: container, image: Self.image("2")))
        let grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 30, timeoutSeconds: 60,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "main", steps: [step])), steps: ["deploy"],
            environment: ["DRONE_BUILD_EVENT": event.rawValue], sequence: 1, permit: permit)
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        let log = KeptLog()
        let run = StepRun(
            job: try GrantedJob(grant, keys: keys, for: .deployer(cluster: "default")), step: step, outputs: [:],
            log: log)
        let told = Kept<CloudEvent>()
        let events = WorkerEvents(service: "deployer", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        {
            told.add(try Wire.decode(CloudEvent.self, from: Data($0.body.utf8)))
        }
        let telling = Task { try await events.run() }
        defer { telling.cancel() }
        let result: Result<StepResult, any Error>
        do {
            // A separate task: one that is cancelled is not this one.
            let executor = DeployExecutor(targets: [target], events: events)
            result = .success(try await Task { try await executor.run(run) }.value)
        } catch {
            result = .failure(error)
        }
        try await eventually("the events") { told.all.count >= count }
        return Outcome(
            result: result, events: told.all.map(\.routingKey).filter { $0.contains("service") }, log: log.lines.all)
    }

    @Test func `A container that the environment does not cover is not touched, whatever the platform thought of it`()
        async throws
    {
        let target = ShelfTarget(.well)
        let outcome = try await deploy(
            target, permit: RolloutPermit(environment: "production", containers: ["web"]), events: 0)
        #expect(target.shelf.calls == [])
        guard case .failure(let error as JobFailure) = outcome.result else {
            Issue.record("it was rolled out: \(outcome.result)")
            return
        }
        #expect(
            error.reason
                == "the environment “production” does not cover the container “shelf” but web; to have it covered: "
                + "slipway environment set production --container=web --container=shelf")
    }

    @Test func `What was granted for one environment rolls out to no other`() async throws {
        let target = ShelfTarget(.well)
        let outcome = try await deploy(
            target, permit: RolloutPermit(environment: "staging", containers: ["*"]), events: 0)
        #expect(target.shelf.calls == [])
        let error = #expect(throws: JobFailure.self) { try outcome.result.get() }
        #expect(error?.reason == "the step rolls out to the environment “production”, and it was granted “staging”")
    }

    @Test func `Without a word of the platform nothing is rolled out`() async throws {
        let target = ShelfTarget(.well)
        let outcome = try await deploy(target, permit: nil, events: 0)
        #expect(target.shelf.calls == [])
        guard case .failure(let error as JobFailure) = outcome.result else {
            Issue.record("it was rolled out: \(outcome.result)")
            return
        }
        #expect(error.reason.hasPrefix("the platform did not say what its environment allows"))
    }

    @Test func oneThatIsWellIsNeverRolledBack() async throws {
        let target = ShelfTarget(.well)
        let outcome = try await deploy(target, events: 3)
        #expect(
            try outcome.result.get().outputs
                == ["image": Self.image("2"), "revision": "2", "workload": "shelf/a"])
        #expect(target.shelf.calls == ["roll out"])
        #expect(outcome.events == ["dev.cdevents.service.upgraded"])
    }

    @Test func aRunOfTheEventRollbackIsToldAsOne() async throws {
        let outcome = try await deploy(ShelfTarget(.well), event: .rollback, events: 3)
        #expect(outcome.events == ["dev.cdevents.service.rolledback"])
    }

    @Test func oneThatFailsIsRolledBackAndWhatRunsAgainIsTold() async throws {
        let target = ShelfTarget(.failing)
        let outcome = try await deploy(target, events: 3)
        let error = #expect(throws: JobFailure.self) { try outcome.result.get() }
        #expect(error?.reason == "it is not well; rolled back to 1")
        #expect(target.shelf.calls == ["roll out", "roll back", "running"])
        #expect(outcome.events == ["dev.cdevents.service.rolledback"])
        #expect(outcome.log == ["rolled back to 1\n"])
    }

    @Test func oneThatIsStoppedIsRolledBackAndCancelled() async throws {
        let target = ShelfTarget(.stopped)
        let rollout = ShelfTarget.OnShelf(shelf: target.shelf, mood: .stopped, image: Self.image("2"), log: KeptLog())
        let again = Kept<RunningService>()
        let stopped = await #expect(throws: RolloutStopped.self) { try await rollout.run { again.add($0) } }
        #expect(stopped?.outcome == .rolledBack("rolled back to 1"))
        #expect(target.shelf.calls == ["roll out", "roll back", "running"])
        #expect(again.all == [RunningService(image: Self.image("1"), revision: "1")])
    }

    @Test func whatBecameOfOneThatWasStoppedIsInTheReasonOfItsStep() async throws {
        let outcome = try await deploy(ShelfTarget(.stopped), events: 3)
        let result = try outcome.result.get()
        #expect(!result.success && result.aftermath == "rolled back to 1")
        #expect(outcome.events == ["dev.cdevents.service.rolledback"])
        let untouched = try await deploy(ShelfTarget(.stoppedBefore), events: 2)
        #expect(try untouched.result.get().aftermath == "nothing was changed")
        #expect(untouched.events == [])
    }

    @Test("a step that is stopped while its failure is undone says why it failed, too")
    func oneThatFailsAndIsStopped() async throws {
        let result = try await deploy(ShelfTarget(.late), events: 3).result.get()
        #expect(result.wasStopped && result.aftermath == "it is not well; rolled back to 1")
    }

    @Test func oneThatWasAllButDoneSucceeds() async throws {
        let target = ShelfTarget(.doneAllTheSame)
        let outcome = try await deploy(target, events: 3)
        #expect(try outcome.result.get().success)
        #expect(target.shelf.calls == ["roll out", "roll back"])
        #expect(outcome.events == ["dev.cdevents.service.upgraded"])
    }

    @Test func whereNothingCouldBeBroughtBackNothingIsSaidToRunAgain() async throws {
        let target = ShelfTarget(.beyondHelp)
        let outcome = try await deploy(target, events: 2)
        let error = #expect(throws: JobFailure.self) { try outcome.result.get() }
        #expect(error?.reason == "it is not well; there was none before")
        #expect(target.shelf.calls == ["roll out", "roll back"])
        #expect(outcome.events == [])
    }

    @Test func oneThatChangedNothingIsNotRolledBack() async throws {
        let target = ShelfTarget(.refused)
        let outcome = try await deploy(target, events: 2)
        let error = #expect(throws: JobFailure.self) { try outcome.result.get() }
        #expect(error?.reason == "a newer rollout is there")
        #expect(target.shelf.calls == ["roll out"])
    }

    @Test func aStepThatNoTargetTakesIsToldWhatTheyTake() async throws {
        let outcome = try await deploy(ShelfTarget(.well), container: "other", events: 2)
        let error = #expect(throws: JobFailure.self) { try outcome.result.get() }
        #expect(error?.reason == "the deploy block says none of what this deployer rolls out: a shelf")
    }

    @Test func whereOneRolloutChangesAnotherWaits() async throws {
        let turns = Turns()
        let order = Kept<String>()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await turns.take("web") {
                order.add("first begins")
                for await _ in gate { break }
                order.add("first ends")
            }
        }
        try await eventually("the first") { order.all.count == 1 }
        let second = Task { try await turns.take("web") { order.add("second") } }
        try await turns.take("other") { order.add("other") }
        try await turns.take(nil) { order.add("free") }
        open.yield()
        try await first.value
        try await second.value
        #expect(order.all == ["first begins", "other", "free", "first ends", "second"])
    }
}
