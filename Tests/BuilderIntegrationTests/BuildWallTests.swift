import Contracts
import DockerEngine
import Foundation
import Logging
import Messaging
import PipelineLanguage
import Synchronization
import TestSupport
import Testing
import Worker

@testable import Builder

/// What an image build may take from others, use up and tell.
@Suite(.timeLimit(.minutes(5))) struct BuildWallTests {
    /// What a base does when others build upon it comes before the label that keeps repositories apart.
    @Test("layers that a base's triggers make for one repository are no other's")
    func layersOfTriggersAreNoOthers() async throws {
        try await BuilderScope.with { scope in
            let folder = "\(scope.folder)/trigger"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "FROM \(scope.image)\nONBUILD RUN head -c 16 /dev/urandom | md5sum > /made\n".write(
                toFile: "\(folder)/Dockerfile", atomically: false, encoding: .utf8)
            let base = try ImageReference("\(scope.name)/base-trigger:1")
            _ = try await scope.engine.build(BuildOptions(context: folder, tags: [base])) { _ in }
            let steps = [
                Step(name: "build", build: ImageBuild(repository: "\(scope.name)/made", tags: ["1"], push: false)),
                Step(name: "show", image: "\(scope.name)/made:1", commands: ["cat /made"]),
            ]
            var shown: [String] = []
            for repository in ["shop/web", "evil/web"] {
                let source = try await scope.repository(["Dockerfile": "FROM \(base)\n"])
                let outcome = try await scope.run(
                    Stage(name: "main", steps: steps), source: source,
                    images: ImageRules(local: ["\(scope.name)/base*"]), repository: repository)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("build"))")
                shown.append(outcome.log("show"))
            }
            #expect(shown[0] != shown[1], "\(shown)")
            try await scope.engine.removeImage("\(base)", force: true)
        }
    }

    @Test("a build has no more memory than the builder gives to a step")
    func memoryOfABuildIsTheBuilders() async throws {
        try await BuilderScope.with { scope in
            // The second version of control groups, or the first.
            let look = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true"
            let source = try await scope.repository(["Dockerfile": "FROM \(scope.image)\nRUN \(look)\n"])
            let build = ImageBuild(repository: "\(scope.name)/memory", tags: ["1"], noCache: true, push: false)
            func limit(_ limits: ContainerLimits) async throws -> (bytes: Int64, log: String) {
                let outcome = try await scope.run(
                    Stage(name: "main", steps: [Step(name: "build", build: build)]), source: source, limits: limits)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished)")
                let log = outcome.log("build")
                return (log.split(separator: "\n").compactMap { Int64($0) }.first ?? -1, log)
            }
            let given = try await limit(ContainerLimits(memory: 64 << 20))
            #expect(given.bytes == 64 << 20, "\(given.log)")
            // Without a setting it is the machine's, less something for everything else on it.
            let machine = try await scope.engine.memory()
            let own = try await limit(ContainerLimits())
            #expect(own.bytes / 4096 == machine / 8 * 7 / 4096, "\(own.log)")
        }
    }

    @Test("the events of a build do not tell a login's name that is a secret")
    func eventsTellNoSecret() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["Dockerfile": "FROM \(scope.image)\nRUN echo told > /told\n"])
            func published(_ username: Value, _ secrets: [String: String]) async throws -> String {
                let build = ImageBuild(
                    repository: "\(scope.registry)/\(scope.name)/told", tags: ["1"], username: username,
                    password: .secret("password"))
                let told = Mutex<[String: String]>([:])
                let events = WorkerEvents(
                    service: "builder", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                ) { message in
                    told.withLock { $0[message.type] = message.body }
                }
                let telling = Task { try await events.run() }
                defer { telling.cancel() }
                let outcome = try await scope.run(
                    Stage(name: "main", steps: [Step(name: "build", build: build)]), source: source,
                    secrets: secrets.merging(["password": scope.login.password]) { $1 }, logins: [:], events: events)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("build"))")
                try await eventually("the last event") {
                    told.withLock { $0.keys.contains { $0.contains("taskrun.finished") } }
                }
                let event = told.withLock { $0.first { $0.key.contains("artifact.published") }?.value }
                return try #require(event)
            }
            let user = "\"\(scope.login.username)\""
            #expect(try await published(.text(scope.login.username), [:]).contains(user))
            #expect(try await !published(.secret("name"), ["name": scope.login.username]).contains(user))
            try await scope.engine.removeImage("\(scope.registry)/\(scope.name)/told:1", force: true)
        }
    }
}
