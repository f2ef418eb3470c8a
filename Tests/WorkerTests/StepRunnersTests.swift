import Contracts
import Logging
import PipelineLanguage
import Secrets
import Synchronization
import Testing

@testable import Worker

@Suite struct StepRunnersTests {
    private final class Kind: StepRunner {
        private let prefix: String
        private let told = Mutex<[String]>([])
        var calls: [String] { told.withLock { $0 } }

        init(_ prefix: String) { self.prefix = prefix }

        func accepts(_ step: Step) -> Bool { step.name.hasPrefix(prefix) }
        func workspace(of step: Step, in stage: Stage) -> StepWorkspace? { StepWorkspace("/\(prefix)") }
        func run(_ step: StepRun) async throws -> StepResult {
            told.withLock { $0.append(step.step.name) }
            return StepResult(success: true, reason: prefix)
        }
        func cleanUp() async { told.withLock { $0.append("clean up") } }
    }

    @Test func theFirstThatAcceptsAStepRunsIt() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (first, second) = (Kind("aa"), Kind("a"))
        let runners = StepRunners([first, second], events: WorkerEvents(service: "w", logger: logger) { _ in })
        for (name, prefix) in [("aa1", "aa"), ("a1", "a")] {
            let step = Step(name: name, commands: ["x"])
            #expect(runners.accepts(step))
            #expect(runners.workspace(of: step, in: Stage(name: "main", steps: [step])) == StepWorkspace("/\(prefix)"))
            #expect(try await runners.run(run(of: step)).reason == prefix)
        }
        let other = Step(name: "b", commands: ["x"])
        #expect(!runners.accepts(other))
        #expect(runners.workspace(of: other, in: Stage(name: "main", steps: [other])) == nil)
        await #expect(throws: JobFailure.self) { try await runners.run(run(of: other)) }
        await runners.cleanUp()
        #expect(first.calls == ["aa1", "clean up"])
        #expect(second.calls == ["a1", "clean up"])
    }

    private func run(of step: Step) throws -> StepRun {
        let grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "main", steps: [step])), steps: [step.name])
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        return StepRun(
            job: try GrantedJob(grant, keys: keys, for: .builder(pool: "default")), step: step, outputs: [:],
            log: MemoryLog())
    }
}
