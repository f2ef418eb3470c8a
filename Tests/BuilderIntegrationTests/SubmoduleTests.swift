import Contracts
import Foundation
import Git
import Hummingbird
import Logging
import PipelineLanguage
import Secrets
import TestSupport
import Testing

@testable import Builder
@testable import Sync

/// A job's source with submodules and LFS files: from a forge with tokens, through sync's mirrors, into the workspace.
@Suite struct SubmoduleTests {
    @Test func aStepHasSubmodulesLargeFilesTagsAndOrigin() async throws {
        try await withMirror { scope, forge, mirrored in
            let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255) }
            let (pointer, id) = try await forge.storeLargeFile(bytes)
            let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
            let deep = try await forge.repository("libs/deep", tokens: ["web-token"])
            let deepCommit = try await deep.push(["deep.txt": "deep\n"], tag: "deep-1")
            let lib = try await forge.repository("libs/lib", tokens: ["web-token"])
            let libCommit = try await lib.push(
                [".gitattributes": attributes, "lib.bin": pointer],
                submodules: ["deep one": ("../deep.git", deepCommit)])
            let web = try await forge.repository("shop/web", tokens: ["web-token"])
            let commit = try await web.push(
                [".gitattributes": attributes, "web.bin": pointer],
                submodules: ["vendor/lib": ("../../libs/lib.git", libCommit)], tag: "v1.2.3")
            let source = try await mirrored(commit)
            let clone = Clone(submodules: true, lfs: true)
            let look = Stage(
                name: "main", kind: .exec, clone: clone,
                steps: [
                    Step(
                        name: "look",
                        commands: [
                            "set -eu", "cat 'vendor/lib/deep one/deep.txt'", "sha256sum web.bin vendor/lib/lib.bin",
                            "git submodule status --recursive", "git status --short", "git describe --tags",
                            "git -C 'vendor/lib/deep one' describe --tags", "git remote get-url origin",
                            "git -C vendor/lib remote get-url origin", "env | grep -c web-token || true",
                            "grep -r web-token . || true",
                        ])
                ])
            for _ in 0..<2 {
                let outcome = try await scope.run(look, source: source, runners: [.process])
                let log = outcome.log("look")
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(log)")
                #expect(log.contains("\ndeep\n"))
                #expect(log.contains("\(id)  web.bin\n\(id)  vendor/lib/lib.bin\n"))
                #expect(log.contains("\n \(libCommit) vendor/lib"))
                #expect(log.contains("\n \(deepCommit) vendor/lib/deep one (deep-1)\n"))
                #expect(log.contains("git status --short\n+ git describe --tags\nv1.2.3\n"), "\(log)")
                #expect(log.contains("\ndeep-1\n"))
                #expect(log.contains("\n\(forge.url("shop/web"))\n"))
                #expect(log.contains("\n\(forge.url("libs/lib"))\n"))
            }
            // Without asking, nothing of it comes along.
            let plain = Stage(
                name: "main", kind: .exec,
                steps: [Step(name: "look", commands: ["ls vendor/lib | wc -l", "head -c 7 web.bin"])])
            let outcome = try await scope.run(plain, source: source, runners: [.process])
            #expect(outcome.log("look").contains("\n0\n"))
            #expect(outcome.log("look").contains("version"))
        }
    }

    @Test func aSubmoduleThatTheTokenMayNotReadIsTheJobsReason() async throws {
        try await withMirror { scope, forge, mirrored in
            let lib = try await forge.repository("libs/lib", tokens: ["other-token"])
            let libCommit = try await lib.push([:])
            let web = try await forge.repository("shop/web", tokens: ["web-token"])
            let commit = try await web.push([:], submodules: ["lib": ("../../libs/lib.git", libCommit)])
            let source = try await mirrored(commit)
            let stage = Stage(
                name: "main", kind: .exec, clone: Clone(submodules: true),
                steps: [Step(name: "look", commands: ["true"])])
            let outcome = try await scope.run(stage, source: source, runners: [.process])
            #expect(outcome.finished.outcome == .failure)
            let reason = outcome.finished.reason ?? ""
            #expect(reason.contains("the submodule lib (../../libs/lib.git) cannot be fetched"), "\(reason)")
            #expect(reason.contains("the token of shop/web"))
        }
    }

    /// - Parameter body: gets a function that mirrors a commit of shop/web and tells where a builder fetches it.
    private func withMirror(
        _ body:
            @escaping @Sendable (
                BuilderScope, GitForge, @escaping @Sendable (String) async throws -> BuilderScope.Source
            ) async throws -> Void
    ) async throws {
        try await BuilderScope.with { scope in
            try await GitForge.with { forge in
                let port = try LoopbackPort.free()
                var logger = Logger(label: "test")
                logger.logLevel = .critical
                let home = "\(scope.folder)/sync-home"
                try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
                let mirrors = Mirrors(
                    data: "\(scope.folder)/sync", program: GitProgram(home: home, logger: logger),
                    publicURL: "http://127.0.0.1:\(port)")
                let repository = RepositoryPath(rawValue: "shop/web")
                let reply = RepositoryLookupReply.found(
                    .init(
                        cloneURL: forge.url("shop/web"), username: "oauth2",
                        token: try scope.keys.seal(
                            "web-token", for: .token(of: repository, cloneURL: forge.url("shop/web")))))
                let tokens = MirrorToken(key: SigningKey(bytes: Array("0123456789abcdef0123456789abcdef".utf8)))
                let routes = MirrorRoutes(
                    mirrors: mirrors, tokens: tokens,
                    parts: PartsFetcher(
                        mirrors: mirrors,
                        access: SourceAccessReader(
                            directory: RepositoryDirectory { _ in reply }, keys: scope.keys, timeout: .seconds(60)),
                        slots: FetchSlots(total: 4, perHost: 2), maintenance: MirrorMaintenance(logger: logger),
                        largeFileLimit: 1 << 30), logger: logger)
                try await WebServer.with(routes.router(), port: port) { _ in
                    try await body(scope, forge) { commit in
                        _ = try await mirrors.mirror(of: repository).fetch(
                            ref: "refs/heads/main", commit: commit,
                            from: FetchSource(
                                url: forge.url("shop/web"),
                                credential: .basic(username: "oauth2", password: "web-token")))
                        return BuilderScope.Source(
                            url: mirrors.url(of: repository), commit: commit,
                            token: tokens.sign(repository, until: Timestamp.now.adding(.seconds(600))),
                            cloneURL: forge.url("shop/web"))
                    }
                }
            }
        }
    }
}
