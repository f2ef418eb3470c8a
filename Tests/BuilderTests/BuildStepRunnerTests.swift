import Contracts
import DockerEngine
import HTTPClient
import Logging
import PipelineLanguage
import Secrets
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite struct BuildStepRunnerTests {
    private static let image = ImageBuild(repository: "registry.example/shop/web", tags: ["1"])

    private func job(_ steps: [Step], _ http: HTTPClient) throws -> BuildJob {
        let grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "main", steps: steps)), steps: steps.map(\.name))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let tools = BuildTools(
            processes: nil, docker: nil, registry: RegistryClient(client: http),
            events: WorkerEvents(service: "builder", logger: logger) { _ in }, logger: logger)
        return BuildJob(
            try GrantedJob(
                grant, keys: try KeyRing("k1:" + String(repeating: "A", count: 43) + "="),
                for: .builder(pool: "default")),
            folder: try JobFolder(
                below: "/nowhere", job: grant.job, attempt: 1, stage: Stage(name: "main", steps: steps)),
            tools: tools)
    }

    /// Whatever a step says, one kind takes it, and tells what this builder lacks for it.
    @Test func eachStepIsOfOneKindThatNamesTheRemedy() async throws {
        let cases: [(Step, workspace: String, reason: String)] = [
            (Step(name: "a", image: "x", commands: ["y"]), "/drone/src", "(it has an image)"),
            (Step(name: "b", image: "x"), "/drone/src", "(it has an image)"),
            (Step(name: "c", build: Self.image), "/nowhere/j-1/workspace", "(it builds an image)"),
            (Step(name: "d", image: "x", build: Self.image), "/nowhere/j-1/workspace", "(it builds an image)"),
            (Step(name: "e", commands: ["y"]), "/nowhere/j-1/workspace", "SLIPWAY_RUNNERS=docker,process"),
            (Step(name: "f"), "/nowhere/j-1/workspace", "neither an image nor commands"),
        ]
        let http = HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let job = try job(cases.map(\.0), http)
        let runners = BuildStepRunners.all.map { $0.init(job) }
        for (step, workspace, reason) in cases {
            let takers = runners.filter { $0.accepts(step) }
            #expect(takers.count == 1, "\(step.name)")
            let runner = try #require(takers.first)
            #expect(runner.workspace(of: step, in: job.job.stage)?.folder == workspace, "\(step.name)")
            let error = await #expect(throws: JobFailure.self) {
                try await runner.run(StepRun(job: job.job, step: step, outputs: [:], log: NoLog()))
            }
            #expect(error?.reason.contains(reason) == true, "\(step.name): \(error?.reason ?? "")")
        }
        // Nothing was made, and that is no error.
        for runner in runners { await runner.cleanUp() }
        await http.shutdown()
    }
}

private struct NoLog: StepLog {
    func write(_ bytes: [UInt8]) async {}
}
