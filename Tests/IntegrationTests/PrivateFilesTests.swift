import Contracts
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What services keep is for their own user: databases, spools, tokens, mirrors and logs of steps.
@Suite struct PrivateFilesTests {
    @Test func stepsOfABuilderThatIsRootGainNoRightsByFiles() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            let question = "test $(id -u) != 0 || grep NoNewPrivs:.1 /proc/self/status"
            // Nor the engine, which nobody said that steps have.
            let engine = "test -z $DOCKER_HOST"
            let commit = try await repository.push([
                ".slipway.yml": #"{"steps": [{"step": "ask", "commands": ["\#(question)", "\#(engine)"]}]}"#
            ])
            let view = try await stack.platform.finishedRun("shop/web", commit: commit)
            #expect(view.summary.state == .success, "\(view)")
        }
    }

    @Test(
        "what cleared its environment, closed what it was given and left its session ends with its job, without users too"
    )
    func nothingThatHidesOutlivesItsJob() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            let seconds = "93\(UInt32.random(in: 10_000...99_999))"
            let hide = "env -i setsid sleep \(seconds) > /dev/null 2>&1 9>&- & sleep 0.3; pgrep -f '^sleep \(seconds)'"
            let commit = try await repository.push([
                ".slipway.yml": #"{"steps": [{"step": "hide", "commands": ["\#(hide)"]}]}"#
            ])
            let view = try await stack.platform.finishedRun("shop/web", commit: commit)
            #expect(view.summary.state == .success, "\(view)")
            #expect(try await runTool("sh", ["-c", "pgrep -f '^sleep \(seconds)' || true"]) == "")
        }
    }

    @Test func nobodyElseReadsWhatServicesKeep() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            let commit = try await repository.push([
                ".slipway.yml": #"{"steps": [{"step": "ok", "commands": ["echo fine"]}]}"#
            ])
            let view = try await stack.platform.finishedRun("shop/web", commit: commit)
            #expect(view.summary.state == .success, "\(view)")
            var seen = 0
            // A builder shares with its steps what it checks out, below folders of its own.
            for service in Stack.names where service != "builder" {
                let folder = stack.directory.appending(service).string
                for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                    var status = stat()
                    guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT != S_IFLNK else { continue }
                    seen += 1
                    #expect(status.st_mode & 0o077 == 0, "\(service)/\(name) is for others too")
                }
            }
            #expect(seen > 20)
        }
    }
}
