import Contracts
import DockerEngine
import Foundation
import PipelineLanguage
import SystemPackage
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

    /// Where folders lie too deep in each other what is in them cannot be measured.
    @Test("a job ends that hides what it writes deep in folders", arguments: ["$PWD", "/volume"])
    func aJobThatWritesTooDeepEnds(_ place: String) async throws {
        try await BuilderScope.with { scope in
            let hide = "cd \(place); i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done; sleep 1000"
            let stage = Stage(
                name: "main", volumes: [Volume(name: "shared", source: .temporary(medium: nil, sizeLimit: nil))],
                steps: [
                    Step(
                        name: "hide", image: scope.image, commands: [hide],
                        mounts: [Mount(name: "shared", path: "/volume")])
                ])
            try await endsTooDeep(scope, stage)
        }
    }

    @Test(
        "a job ends whose processes hide what they write deep in folders of everybody",
        .enabled(if: geteuid() == 0, "root alone runs steps as other users"))
    func aProcessThatWritesTooDeepEnds() async throws {
        try await BuilderScope.with { scope in
            let hide = "mkdir /tmp/\(scope.name)-deep; cd /tmp/\(scope.name)-deep; i=0; "
            let loop = "while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done; sleep 1000"
            let stage = Stage(name: "main", kind: .exec, steps: [Step(name: "hide", commands: [hide + loop])])
            try await endsTooDeep(scope, stage, users: ProcessUsers(22_014...22_014, folder: FilePath(scope.folder)))
            #expect(access("/tmp/\(scope.name)-deep", F_OK) != 0)
        }
    }

    private func endsTooDeep(_ scope: BuilderScope, _ stage: Stage, users: ProcessUsers? = nil) async throws {
        var limit = DiskLimit(bytes: 1 << 40)
        limit.interval = .milliseconds(200)
        let outcome = try await scope.run(
            stage, runners: users == nil ? [.docker] : [.process], users: users, disk: limit, timeout: 60)
        #expect(outcome.finished.outcome == .failure)
        #expect(outcome.finished.reason?.contains("folders more than 256 deep") == true, "\(outcome.finished)")
    }

    private func fill(
        _ scope: BuilderScope, _ step: Step, _ runner: Runner = .docker, users: ProcessUsers? = nil,
        source: BuilderScope.Source? = nil
    ) async throws {
        var limit = DiskLimit(bytes: 20 << 20)
        limit.interval = .milliseconds(200)
        let outcome = try await scope.run(
            Stage(name: "main", kind: runner == .process ? .exec : .docker, steps: [step]), source: source,
            runners: [runner], users: users, disk: limit)
        #expect(outcome.finished.outcome == .failure)
        let reason = outcome.finished.reason ?? ""
        #expect(reason.contains("this builder allows 20 MiB (SLIPWAY_JOB_DISK)"), "\(outcome.finished)")
    }

    @Test func whatGoesToAVolumeOfAnImageCounts() async throws {
        try await BuilderScope.with { scope in
            let image = try ImageReference("\(scope.name)/base:volume")
            try FileTree.make(FilePath("\(scope.folder)/volume"))
            try "FROM \(scope.image)\nVOLUME /data\n".write(
                toFile: "\(scope.folder)/volume/Dockerfile", atomically: false, encoding: .utf8)
            _ = try await scope.engine.build(BuildOptions(context: "\(scope.folder)/volume", tags: [image])) { _ in }
            let command = "head -c 40000000 /dev/zero > /data/file; sleep 1000"
            try await fill(scope, Step(name: "fill", image: "\(image)", commands: [command]))
            try await scope.engine.removeImage("\(image)", force: true)
        }
    }

    @Test("layers that a build has made count, each of which is within the limit")
    func layersOfABuildCount() async throws {
        try await BuilderScope.with { scope in
            let mark = "\(scope.name)"
            let layer = { (name: String) in "RUN echo \(mark) > /\(name); head -c 15000000 /dev/zero >> /\(name)\n" }
            let source = try await scope.repository([
                "Dockerfile": "FROM \(scope.image)\n\(layer("a"))\(layer("b"))RUN timeout 100 sleep 1000\n"
            ])
            let build = ImageBuild(repository: "\(scope.name)/layers", tags: ["1"], noCache: true, push: false)
            try await fill(scope, Step(name: "build", build: build), source: source)
        }
    }

    @Test func filesWithoutContentCount() async throws {
        try await BuilderScope.with { scope in
            let command = "i=0; while [ $i -lt 8000 ]; do : > empty$i; i=$((i+1)); done; sleep 1000"
            try await fill(scope, Step(name: "fill", commands: [command]), .process)
        }
    }

    @Test(
        "what a job's processes leave where everybody may write counts, and is gone afterwards",
        .enabled(if: geteuid() == 0, "root alone runs steps as other users"),
        arguments: ["/tmp", "/dev/shm", "/run/lock"])
    func foldersOfEverybodyCount(_ folder: String) async throws {
        try await BuilderScope.with { scope in
            let file = "\(folder)/\(scope.name)-fill"
            let users = ProcessUsers(22_013...22_013, folder: FilePath(scope.folder))
            let command = "head -c 40000000 /dev/zero > \(file); sleep 1000"
            try await fill(scope, Step(name: "fill", commands: [command]), .process, users: users)
            #expect(access(file, F_OK) != 0)
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
