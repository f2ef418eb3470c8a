import Contracts
import DockerEngine
import Foundation
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// Images make room for others, on a real engine: what a builder brought there, and nothing else.
@Suite struct ImageRoomTests {
    @Test func `Above the limit go earlier pushes and pulls, and neither others' images nor the last cache`()
        async throws
    {
        try await BuilderScope.with { scope in
            let login = RegistryCredentials(username: scope.login.username, password: scope.login.password)
            let repository = "\(scope.registry)/\(scope.name)/web"
            // Of somebody else, by a name beside those of the pushes, and one that a job pulls.
            let other = try ImageReference("\(repository):other")
            try await scope.engine.tag(scope.image, as: other)
            let tools = try ImageReference("\(scope.registry)/\(scope.name)/tools:1")
            try await scope.engine.tag(scope.image, as: tools)
            let digest = try await scope.engine.push(tools, login: login)
            try await scope.engine.removeImage("\(tools)")
            let pulled = "\(tools.repository)@\(digest)"
            func isThere(_ name: String) async throws -> Bool {
                do {
                    _ = try await scope.engine.inspectImage(name)
                    return true
                } catch  where error.code == .notFound {
                    return false
                }
            }
            // Any image is more than may be.
            let data = "\(scope.folder)"
            let docker = scope.host(data: data, images: .init(local: [scope.image]), imageLimit: 1)
            func build(_ version: String) async throws {
                let source = try await scope.repository([
                    "Dockerfile": "FROM \(scope.image)\nRUN echo kept > /kept\nRUN echo \(version) > /version\n"
                ])
                let stage = Stage(
                    name: "main",
                    steps: [
                        Step(name: "image", build: ImageBuild(repository: repository, tags: [version])),
                        Step(name: "use", image: "\(tools)", commands: ["true"]),
                    ])
                let outcome = try await scope.run(
                    stage, source: source, images: .init(local: [scope.image]), docker: docker)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("image"))")
            }
            try await build("v1")
            try await eventually(within: .seconds(60), "what the first job pulled has gone") {
                try await !isThere(pulled)
            }
            try await build("v2")
            try await eventually(within: .seconds(60), "what the first job pushed has gone") {
                let (first, second) = (try await isThere("\(repository):v1"), try await isThere("\(repository):v2"))
                return !first && !second
            }
            #expect(try await isThere("\(other)"))
            #expect(try await isThere(scope.image))
            // The cache of the last build is there: the next one of it makes nothing anew.
            let layers = try await scope.engine.allImages().filter {
                $0.labels["slipway.dev/repository"] != nil && $0.labels["test"] == scope.name
            }
            #expect(!layers.isEmpty)
            // What the second job pulled goes after what it pushed.
            try await eventually(within: .seconds(60), "it is noted what has gone") {
                let noted = await docker.shelf.contents
                return noted.pulled.isEmpty && noted.pushed.isEmpty
            }
            let noted = await docker.shelf.contents
            #expect(!noted.built.isEmpty)
            // Another life of the builder knows what it has.
            try await eventually(within: .seconds(30), "it is written down") {
                let again = scope.host(data: data, imageLimit: 1)
                return await again.shelf.contents.built == docker.shelf.contents.built
            }
            try await scope.engine.removeImage("\(other)", force: true)
        }
    }
}
