import DockerEngine
import Foundation
import HTTPClient
import Logging
import Synchronization
import TestSupport
import Testing

/// Images: built from a streamed context, pushed to and pulled from a real registry.
@Suite struct ImageTests {
    private final class Transcript: Sendable {
        private let text = Mutex("")
        var value: String { text.withLock { $0 } }
        func add(_ progress: EngineProgress) { text.withLock { $0 += progress.stream ?? progress.status ?? "" } }
    }

    @Test func contextIsWhatTheRulesLeave() async throws {
        try await EngineScope.with { scope in
            _ = try await scope.baseImage()
            try scope.write("c/Dockerfile", "FROM \(scope.name)/base:1\nCOPY . /c\nARG WHO\nRUN echo built for $WHO\n")
            try scope.write("c/.dockerignore", "*.log\nsecret\n!important.log\n")
            for file in ["a.txt", "b.log", "important.log", "secret/key", "sub/deep/c.txt"] {
                try scope.write("c/\(file)", file)
            }
            let long = String(repeating: "long/", count: 40) + "name.txt"
            try scope.write("c/\(long)", "long")
            try FileManager.default.createSymbolicLink(
                atPath: "\(scope.folder)/c/escape", withDestinationPath: "/etc/hostname")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(scope.folder)/c/a.txt")
            let transcript = Transcript()
            let image = try ImageReference("\(scope.name)/app:1")
            let id = try await scope.engine.build(
                BuildOptions(
                    context: "\(scope.folder)/c", tags: [image], arguments: ["WHO": "you & me"],
                    labels: ["made.by": "slipway"])
            ) { transcript.add($0) }
            #expect(id.hasPrefix("sha256:"))
            #expect(transcript.value.contains("built for you & me"))
            let details = try await scope.engine.inspectImage("\(image)")
            #expect(details.id == id)
            #expect(details.labels["made.by"] == "slipway")
            let listing = try await scope.run(
                scope.container(
                    image,
                    "cd /c; find . -type f -o -type l | sort; ls -l a.txt | cut -c1-10; readlink escape; cat \(long)"))
            #expect(
                listing.output == """
                    ./.dockerignore
                    ./Dockerfile
                    ./a.txt
                    ./escape
                    ./important.log
                    ./\(long)
                    ./sub/deep/c.txt
                    -rwxr-xr-x
                    /etc/hostname
                    long
                    """)
            try await scope.engine.removeImage("\(image)", force: true)
            try await scope.engine.removeImage("\(image)", force: true)
        }
    }

    @Test func rulesBesideTheDockerfileKeepItOutOfTheImage() async throws {
        try await EngineScope.with { scope in
            _ = try await scope.baseImage()
            try scope.write("c/docker/App", "FROM \(scope.name)/base:1\nCOPY . /c\n")
            for file in ["a.txt", "b.txt"] { try scope.write("c/\(file)", file) }
            for (rules, files) in [
                ("docker/App*\n", "./a.txt\n./b.txt"), ("*\n!a.txt\n", "./a.txt"),
                ("b.txt\n", "./.dockerignore\n./a.txt\n./docker/App\n./docker/App.dockerignore"),
                ("docker\n.dockerignore\n", "./a.txt\n./b.txt"),
            ] {
                try scope.write("c/docker/App.dockerignore", rules)
                if rules.hasPrefix("*") { try scope.write("c/.dockerignore", "a.txt\n") }
                let image = try ImageReference("\(scope.name)/beside:1")
                _ = try await scope.engine.build(
                    BuildOptions(context: "\(scope.folder)/c", dockerfile: "docker/App", tags: [image])
                ) { _ in }
                let listing = try await scope.run(scope.container(image, "cd /c; find . -type f | sort"))
                #expect(listing.output == files + "\n", "\(rules.debugDescription)")
                try await scope.engine.removeImage("\(image)", force: true)
            }
        }
    }

    @Test func aBuildThatFailsSaysWhy() async throws {
        try await EngineScope.with { scope in
            _ = try await scope.baseImage()
            for (text, code, words) in [
                (
                    "FROM \(scope.name)/base:1\nRUN exit 3\n", DockerError.Code.buildFailed,
                    "returned a non-zero code: 3"
                ),
                ("FROM \(scope.name)/base:1\nCOPY none /\n", .buildFailed, "none"),
                ("NONSENSE\n", .badRequest, "NONSENSE"),
            ] {
                try scope.write("f/Dockerfile", text)
                let error = await #expect(throws: DockerError.self) {
                    _ = try await scope.engine.build(BuildOptions(context: "\(scope.folder)/f")) { _ in }
                }
                #expect(error?.code == code, "\(error as Any)")
                #expect(error?.message.contains(words) == true, "\(error as Any)")
            }
            for (context, dockerfile) in [("none", "Dockerfile"), ("f", "../Dockerfile"), ("f", "/etc/passwd")] {
                let error = await #expect(throws: DockerError.self) {
                    _ = try await scope.engine.build(
                        BuildOptions(context: "\(scope.folder)/\(context)", dockerfile: dockerfile)
                    ) { _ in }
                }
                #expect(error?.code == .context, "\(error as Any)")
            }
        }
    }

    @Test func cancellingABuildStopsIt() async throws {
        try await EngineScope.with { scope in
            _ = try await scope.baseImage()
            try scope.write("s/Dockerfile", "FROM \(scope.name)/base:1\nRUN echo begun && sleep 60\n")
            let transcript = Transcript()
            let build = Task {
                try await scope.engine.build(
                    BuildOptions(context: "\(scope.folder)/s", labels: scope.labels)
                ) { transcript.add($0) }
            }
            try await eventually("the build is at its command") { transcript.value.contains("begun\n") }
            build.cancel()
            // Left alone, the build would succeed after a minute.
            await #expect(throws: (any Error).self) { _ = try await build.value }
        }
    }

    @Test func pushedPulledAndConfirmed() async throws {
        try await EngineScope.with { scope in
            let base = try await scope.baseImage()
            let image = try ImageReference("\(scope.registry)/\(scope.name)/app:v1")
            try await scope.engine.tag("\(base)", as: image)
            let digest = try await scope.engine.push(image, login: try scope.login)
            let registry = RegistryClient(client: scope.client, retry: .never)
            #expect(try await registry.digest(of: image, login: try scope.login) == digest)
            var byDigest = image
            byDigest.tag = nil
            byDigest.digest = digest
            #expect(try await registry.digest(of: byDigest, login: try scope.login) == digest)
            try await scope.engine.removeImage("\(image)")
            try await scope.engine.pull(byDigest, login: try scope.login)
            let details = try await scope.engine.inspectImage("\(byDigest)")
            #expect(details.repositoryDigests.contains("\(byDigest)"))

            let missing = try ImageReference("\(scope.registry)/\(scope.name)/app:none")
            await expect(.notFound) { _ = try await registry.digest(of: missing, login: try scope.login) }
            await expect(.notFound) { try await scope.engine.pull(missing, login: try scope.login) }
            try await scope.engine.tag("\(base)", as: image)
            let wrong = RegistryCredentials(username: "slipway", password: "wr0ng")
            await expect(.unauthorized) { _ = try await registry.digest(of: image, login: wrong) }
            await expect(.unauthorized) { _ = try await registry.digest(of: image, login: nil) }
            await expect(.unauthorized) { _ = try await scope.engine.push(image, login: wrong) }
            await expect(.unauthorized) { _ = try await scope.engine.push(image, login: nil) }
            let nowhere = try ImageReference("127.0.0.1:1/a:1")
            await expect(.unreachable) { _ = try await registry.digest(of: nowhere, login: nil) }
            try await scope.engine.tag("\(base)", as: nowhere)
            await expect(.transferFailed) { _ = try await scope.engine.push(nowhere) }
            try await scope.engine.removeImage("\(nowhere)")
            await expect(.notFound) { _ = try await scope.engine.inspectImage("\(nowhere)") }
        }
    }

    private func expect(
        _ code: DockerError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
    ) async {
        do {
            try await body()
            Issue.record("no error, expected \(code)", sourceLocation: sourceLocation)
        } catch let error as DockerError {
            #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
            #expect(!"\(error)".contains("wr0ng"), sourceLocation: sourceLocation)
        } catch {
            Issue.record("\(error), expected \(code)", sourceLocation: sourceLocation)
        }
    }
}
