import Contracts
import PipelineLanguage
import Testing
import Worker

@testable import Builder

/// Jobs that fill the disk.
@Suite struct DiskTests {
    @Test(
        "a job ends when it uses more disk than it may, wherever it writes",
        arguments: ["$PWD/file", "/file", "/volume/file", "process"])
    func aJobThatFillsTheDiskEnds(_ place: String) async throws {
        try await BuilderScope.with { scope in
            let isProcess = place == "process"
            let fill = "head -c 40000000 /dev/zero > \(isProcess ? "~/file" : place); sleep 1000"
            let stage = Stage(
                name: "main", kind: isProcess ? .exec : .docker,
                volumes: [Volume(name: "shared", source: .temporary(medium: nil, sizeLimit: nil))],
                steps: [
                    Step(
                        name: "fill", image: isProcess ? nil : scope.image, commands: [fill],
                        mounts: isProcess ? [] : [Mount(name: "shared", path: "/volume")]),
                    Step(name: "never", image: isProcess ? nil : scope.image, commands: ["echo"]),
                ])
            var limit = DiskLimit(bytes: 20 << 20)
            limit.interval = .milliseconds(200)
            let outcome = try await scope.run(stage, runners: isProcess ? [.process] : [.docker], disk: limit)
            #expect(outcome.finished.outcome == .failure)
            let reason = outcome.finished.reason ?? ""
            #expect(reason.contains("this builder allows 20 MiB (SLIPWAY_JOB_DISK)"), "\(outcome.finished)")
            #expect(outcome.step("fill")?.reason == reason, "\(outcome.finished)")
            #expect(outcome.step("never")?.outcome != .success)
        }
    }

    @Test("an image build ends its job when it fills the disk")
    func aBuildThatFillsTheDiskEnds() async throws {
        try await BuilderScope.with { scope in
            let fill = "head -c 40000000 /dev/zero > /file; timeout 60 sleep 1000"
            let source = try await scope.repository(["Dockerfile": "FROM \(scope.image)\nRUN \(fill)\n"])
            let build = ImageBuild(repository: "\(scope.name)/fills", tags: ["1"], noCache: true, push: false)
            var limit = DiskLimit(bytes: 20 << 20)
            limit.interval = .milliseconds(200)
            let outcome = try await scope.run(
                Stage(name: "main", steps: [Step(name: "build", build: build)]), source: source, disk: limit)
            #expect(outcome.finished.outcome == .failure)
            let reason = outcome.finished.reason ?? ""
            #expect(reason.contains("this builder allows 20 MiB (SLIPWAY_JOB_DISK)"), "\(outcome.finished)")
        }
    }

    @Test func aJobWithinItsLimitGoesOn() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "fill", image: scope.image,
                        commands: [
                            "head -c 15000000 /dev/zero > file; sleep 2; rm file; head -c 15000000 /dev/zero > file; sleep 2"
                        ])
                ])
            var limit = DiskLimit(bytes: 20 << 20)
            limit.interval = .milliseconds(200)
            let outcome = try await scope.run(stage, disk: limit)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished)")
            // That it is measured at all: the same job does not go on with less.
            limit.bytes = 10 << 20
            let less = try await scope.run(stage, disk: limit)
            #expect(less.finished.outcome == .failure, "\(less.finished)")
        }
    }
}
