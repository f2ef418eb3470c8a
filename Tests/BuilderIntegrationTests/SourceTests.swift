import Contracts
import Foundation
import Logging
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing

@testable import Builder

/// What one job fetched, in the next job.
@Suite struct SourceTests {
    @Test func whatTheSourceIsWaitedForIsTold() async throws {
        try await BuilderScope.with { scope in
            let url = "http://127.0.0.1:\(try LoopbackPort.free())/shop/web.git"
            let source = BuilderScope.Source(
                url: url, commit: String(repeating: "b", count: 40), token: "mirror-token", cloneURL: url)
            let outcome = try await scope.run(
                Stage(name: "main", kind: .exec, steps: [Step(name: "look", commands: ["true"])]), source: source,
                runners: [.process])
            #expect(outcome.finished.outcome == .released && outcome.finished.handBack == .source)
            let told = outcome.platform.waits.compactMap { $0 }.first ?? ""
            #expect(told.hasPrefix("waits for its source, which is tried again: fetching bbbb"), "\(outcome.finished)")
        }
    }

    @Test func aStepThatRuinsItsRepositoryRuinsNoOthers() async throws {
        try await BuilderScope.with { scope in
            let sources = FilePath("\(scope.folder)/sources")
            let caches = SourceCaches(
                folder: sources, limit: 1 << 30, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let ruin = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "ruin", image: scope.image,
                        commands: [
                            "cat hello.txt", "ls .git/objects/pack",
                            "for file in $(find .git -type f); do echo ruined > $file; done",
                        ])
                ])
            let first = try await scope.repository(["hello.txt": "hello\n"])
            for _ in 0..<2 {
                let outcome = try await scope.run(ruin, source: first, caches: caches)
                #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("ruin"))")
                #expect(outcome.log("ruin").contains("\nhello\n"))
                #expect(outcome.log("ruin").contains(".pack\n"))
            }
            let path = String(first.url.dropFirst("file://".count))
            let who = ["-C", path, "-c", "user.name=Test", "-c", "user.email=test@example.org"]
            _ = try await runTool("git", who + ["commit", "-q", "--allow-empty", "-m", "second"])
            let second = try await runTool("git", ["-C", path, "rev-parse", "HEAD"]).prefix { $0.isHexDigit }
            let look = Stage(
                name: "main", kind: .exec,
                steps: [
                    Step(name: "look", commands: ["git log --format=%s", "git fsck --strict", "git status --short"])
                ])
            let outcome = try await scope.run(
                look, source: BuilderScope.Source(url: first.url, commit: String(second)), runners: [.process],
                caches: caches)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("look"))")
            #expect(outcome.log("look").contains("\nsecond\nfirst\n"))
            let names = try FileManager.default.contentsOfDirectory(atPath: sources.string)
            #expect(names.count == 1)
            let files = try FileManager.default.contentsOfDirectory(
                atPath: sources.appending(names.first ?? "").string)
            #expect(files.filter { $0.hasSuffix(".pack") }.count == 2)
        }
    }
}
