import Contracts
import DockerEngine
import Foundation
import Logging
import PipelineLanguage
import Secrets
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// Steps in containers of a real engine.
@Suite struct ContainerStepTests {
    @Test func stepsShareTheSourceAndHandOnWhatTheySay() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["hello.txt": "hello from git\n"])
            let stage = Stage(
                name: "main", environment: ["FROM_STAGE": "stage"],
                steps: [
                    Step(
                        name: "first", image: scope.image,
                        commands: [
                            "cat hello.txt", "cat", "echo made > made.txt", "echo \"$CI $FROM_STAGE $OWN $TOKEN\"",
                            "echo \"version=1.2.3\" >> \"$SLIPWAY_OUTPUT\"", "pwd; echo to-error >&2",
                        ], environment: ["OWN": "it's mine", "TOKEN": .secret("token")], outputs: ["version"]),
                    Step(
                        name: "second", image: scope.image,
                        commands: ["cat made.txt", "echo got $VERSION", "printf 'no line end'"],
                        environment: ["VERSION": "${steps.first.version}"]),
                ])
            let outcome = try await scope.run(stage, source: source, secrets: ["token": "s3cret-value"])
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("first"))")
            let log = outcome.log("first")
            #expect(log.contains("+ cat hello.txt\nhello from git\n+ cat\n+ echo made"))
            #expect(log.contains("true stage it's mine ******\n"))
            #expect(!log.contains("s3cret-value"))
            #expect(log.contains("/drone/src\n"))
            #expect(log.hasSuffix("/drone/src\nto-error\n"))
            #expect(outcome.step("first")?.outputs == ["version": "1.2.3"])
            #expect(
                outcome.log("second").hasSuffix(
                    "made\n+ echo got $VERSION\ngot 1.2.3\n+ printf 'no line end'\nno line end"))
        }
    }

    @Test func aFailureIsToldWithItsReason() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(name: "fails", image: scope.image, commands: ["echo before", "exit 7", "echo after"]),
                    Step(name: "never", image: scope.image, commands: ["echo never"]),
                    Step(
                        name: "always", image: scope.image, commands: ["echo always"],
                        when: Condition(status: [.success, .failure])),
                ])
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .failure)
            #expect(outcome.step("fails")?.exitCode == 7)
            #expect(outcome.step("fails")?.reason == "exit code 7")
            #expect(!outcome.log("fails").contains("after"))
            #expect(outcome.step("never")?.outcome == .skipped)
            #expect(outcome.step("always")?.outcome == .success)
        }
    }

    @Test func servicesAnswerByName() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                volumes: [Volume(name: "shared", source: .temporary(medium: nil, sizeLimit: nil))],
                services: [
                    Step(
                        name: "web", image: scope.image,
                        commands: ["mkdir /w; echo up > /w/index.html; sleep 1; httpd -f -p 80 -h /w"],
                        ready: Probe(port: 80, path: "index.html", timeout: 20))
                ],
                steps: [
                    Step(
                        name: "ask", image: scope.image, commands: ["wget -q -O - http://web/", "echo kept > /v/x"],
                        mounts: [Mount(name: "shared", path: "/v")]),
                    Step(
                        name: "read", image: scope.image, commands: ["cat /v/x"],
                        mounts: [Mount(name: "shared", path: "/v")]),
                ])
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished)")
            #expect(outcome.log("ask").contains("up\n"))
            #expect(outcome.log("read").contains("kept\n"))
        }
    }

    @Test func aServiceThatNeverWorksFailsTheJob() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                services: [
                    Step(
                        name: "web", image: scope.image, commands: ["sleep 1000"],
                        ready: Probe(command: ["/bin/false"], timeout: 2))
                ], steps: [Step(name: "ask", image: scope.image, commands: ["echo"])])
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .failure)
            #expect(outcome.finished.reason?.contains("did not become ready within 2 s") == true, "\(outcome.finished)")
        }
    }

    @Test func pluginsSeeTheirSettings() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "plugin", image: scope.image,
                        entrypoint: ["/bin/sh", "-c", "env | grep ^PLUGIN_ | sort"],
                        settings: ["dry-run": .value(true), "tags": .value(["a", "b"]), "key": .secret("key")])
                ])
            let outcome = try await scope.run(stage, secrets: ["key": "topsecret"])
            #expect(outcome.finished.outcome == .success)
            #expect(outcome.log("plugin") == "PLUGIN_DRY_RUN=true\nPLUGIN_KEY=******\nPLUGIN_TAGS=a,b\n")
        }
    }

    @Test func whatIsNotAllowedSaysWhatToDo() async throws {
        try await BuilderScope.with { scope in
            let stages: [(Stage, String)] = [
                (
                    Stage(name: "m", steps: [Step(name: "s", image: scope.image, commands: ["id"], privileged: true)]),
                    "SLIPWAY_DOCKER_TRUSTED"
                ),
                (
                    Stage(
                        name: "m", volumes: [Volume(name: "etc", source: .host(path: "/etc"))],
                        steps: [
                            Step(
                                name: "s", image: scope.image, commands: ["id"],
                                mounts: [Mount(name: "etc", path: "/etc")])
                        ]), "SLIPWAY_DOCKER_TRUSTED"
                ),
                (Stage(name: "m", steps: [Step(name: "s", commands: ["id"])]), "SLIPWAY_RUNNERS"),
                (
                    Stage(
                        name: "m",
                        steps: [
                            Step(name: "s", image: scope.image, commands: ["id"], environment: ["A": .secret("no")])
                        ]
                    ), "there is no secret “no”"
                ),
                (
                    Stage(name: "m", steps: [Step(name: "s", image: "\(scope.registry)/none:1", commands: ["id"])]),
                    "none:1"
                ),
            ]
            for (stage, words) in stages {
                let outcome = try await scope.run(stage)
                #expect(outcome.finished.outcome == .failure)
                #expect(outcome.step("s")?.reason?.contains(words) == true, "\(outcome.finished)")
                #expect(outcome.log("s").contains(words), "\(outcome.log("s"))")
            }
        }
    }

    @Test func aCancelledJobEndsSoonAndCleans() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "long", image: scope.image,
                        commands: ["trap 'echo bye; exit 1' TERM; echo up; sleep 1000 & wait"])
                ])
            let outcome = try await scope.run(stage) { platform in
                try await platform.waitForLog(of: "long", "up\n")
                platform.cancelJob("a person said so")
            }
            #expect(outcome.finished.outcome == .cancelled)
            #expect(outcome.log("long").contains("bye\n"))
            // Not a thousand seconds: it was asked, and it went.
            #expect(outcome.step("long")?.exitCode == nil || outcome.step("long")?.outcome == .cancelled)
        }
    }

    @Test func filesOfOtherUsersAreRemoved() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "s", image: scope.image,
                        commands: ["mkdir -p a/b .hidden; echo x > a/b/c; ln -s /etc link; chmod 000 a/b"])
                ])
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .success)
        }
    }

    /// The engine makes them the builder's by a container of no image of the job's, which never runs.
    @Test func foldersOfOtherUsersBecomeTheBuildersWithoutRunningAnything() async throws {
        try await BuilderScope.with { scope in
            let folder = FilePath("\(scope.folder)/jobs/j-1")
            let outside = "\(scope.folder)/outside"
            for path in ["\(folder)/a/b", "\(folder)/ours", outside] { _ = try await runTool("mkdir", ["-p", path]) }
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/a/link", withDestinationPath: outside)
            _ = try await runTool("chown", ["-R", "4711:4711", "\(folder)/a", outside])
            #expect(chmod("\(folder)/a/b", 0) == 0)
            let host = scope.host(data: scope.folder)
            let foreign = FileTree.foreignFolders(folder)
            #expect(foreign.map { String(decoding: $0, as: UTF8.self) }.sorted() == ["a", "a/b"])
            try await host.take(foreign, below: folder)
            var status = stat()
            for path in ["\(folder)/a", "\(folder)/a/b"] {
                #expect(stat(path, &status) == 0 && status.st_uid == geteuid() && status.st_mode & 0o777 == 0o700)
            }
            #expect(stat(outside, &status) == 0 && status.st_uid == 4711)
            // Who names a link gets no further than into the container.
            await #expect(throws: DockerError.self) { try await host.take([Array("a/link".utf8)], below: folder) }
            #expect(stat(outside, &status) == 0 && status.st_uid == 4711)
            try await host.remove(folder)
            #expect(!FileManager.default.fileExists(atPath: folder.string))
            #expect(try await scope.engine.containers(labelled: ["slipway.dev/builder": scope.worker]).isEmpty)
        }
    }

    /// Each process step would look at all of the workspace otherwise.
    @Test func aContainerThatCannotBeMadeDoesNotRun() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(name: "main", steps: [])
            let job = try GrantedJob(try scope.grant(stage), keys: scope.keys, for: .builder(pool: "default"))
            let folder = try JobFolder(below: FilePath(scope.folder), job: job.grant.job, attempt: 1, stage: stage)
            try await folder.make()
            let containers = JobContainers(
                host: scope.host(data: scope.folder), job: job, folder: folder, logger: Logger(label: "test"))
            let step = Step(
                name: "lost", image: scope.image, commands: ["true"], mounts: [Mount(name: "none", path: "/none")])
            await #expect(throws: JobFailure.self) {
                try await ContainerStep(containers: containers, registry: RegistryClient(client: scope.http)).run(
                    StepRun(job: job, step: step, outputs: [:], log: LinesLog()))
            }
            #expect(await containers.writers == 1)
            await containers.remove()
        }
    }

    /// Its shell may be anything, and runs as root.
    @Test func theJobsImageSeesNothingThatOtherStepsWereGiven() async throws {
        try await BuilderScope.with { scope in
            let made = "\(scope.folder)/nosy"
            try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true)
            try "#!/bin/busybox sh\n/bin/busybox find /slipway > /slipway/workspace/seen\n".write(
                toFile: "\(made)/sh", atomically: false, encoding: .utf8)
            #expect(chmod("\(made)/sh", 0o755) == 0)
            try "FROM \(scope.image)\nRUN [\"/bin/busybox\", \"rm\", \"/bin/sh\"]\nCOPY sh /bin/sh\n".write(
                toFile: "\(made)/Dockerfile", atomically: false, encoding: .utf8)
            let image = try ImageReference("\(scope.name)/nosy:1")
            _ = try await scope.engine.build(BuildOptions(context: made, tags: [image])) { _ in }
            let folder = try JobFolder(
                below: FilePath("\(scope.folder)/data"), job: .make(), attempt: 1, stage: Stage(name: "main", steps: [])
            )
            try await folder.make()
            _ = try folder.makeStep(number: 77)
            let grant = try scope.grant(Stage(name: "main", steps: []))
            let containers = JobContainers(
                host: scope.host(data: "\(scope.folder)/data"),
                job: try GrantedJob(grant, keys: scope.keys, for: .builder(pool: "default")),
                folder: folder, logger: Logger(label: "test"))
            await containers.used("\(image)", hasShell: true)
            await containers.openAsRoot([Array("x".utf8)], LinesLog())
            let seen = try String(contentsOfFile: "\(folder.workspace)/seen", encoding: .utf8)
            #expect(seen.contains("/slipway/given/script") && !seen.contains("77"), "\(seen)")
            try await scope.engine.removeImage("\(image)", force: true)
        }
    }

    @Test func limitsHoldAndAreTold() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main",
                steps: [
                    Step(
                        name: "hungry", image: scope.image, commands: ["x=aaaaaaaa; while true; do x=$x$x; done"],
                        memoryLimit: 32 << 20, memorySwapLimit: 32 << 20)
                ])
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .failure)
            #expect(outcome.step("hungry")?.reason?.contains("out of memory") == true, "\(outcome.finished)")
        }
    }

    /// Those a builder of the version before marked as well, and nothing of a deployer's that has the same name.
    @Test(arguments: ["slipway.dev/builder", "dev.slipway.worker"])
    func leftoversOfAnEarlierLifeAreCollected(_ label: String) async throws {
        try await BuilderScope.with { scope in
            let labels = [label: scope.worker]
            let deployer = ["slipway.dev/worker": scope.worker]
            try await scope.engine.createVolume("\(scope.name)-deployed", labels: deployer)
            var container = ContainerSpecification(image: scope.image)
            container.command = ["/bin/sleep", "1000"]
            container.labels = labels
            let id = try await scope.engine.createContainer(container)
            try await scope.engine.startContainer(id)
            _ = try await scope.engine.createNetwork(scope.name, labels: labels)
            let outcome = try await scope.run(
                Stage(name: "main", steps: [Step(name: "s", image: scope.image, commands: ["echo"])]))
            #expect(outcome.finished.outcome == .success)
            #expect(try await scope.engine.containers(labelled: labels).isEmpty)
            #expect(try await scope.engine.networks(labelled: labels).isEmpty)
            #expect(try await scope.engine.volumes(labelled: deployer).count == 1)
            try await scope.engine.removeVolume("\(scope.name)-deployed")
        }
    }

    /// An image's labels are its containers', and many build on one that somebody pushed.
    @Test func whatAnImageSaysOfItsContainersIsNotBelieved() async throws {
        try await BuilderScope.with { scope in
            let folder = "\(scope.folder)/marked"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "FROM \(scope.image)\nLABEL slipway.dev/builder=\(scope.worker) slipway.dev/job=j\n".write(
                toFile: "\(folder)/Dockerfile", atomically: false, encoding: .utf8)
            let image = try ImageReference("\(scope.name)/marked:1")
            _ = try await scope.engine.build(BuildOptions(context: folder, tags: [image])) { _ in }
            var container = ContainerSpecification(image: "\(image)")
            container.command = ["/bin/sleep", "1000"]
            // As a deployer, or somebody, makes it.
            container.labels = ["slipway.dev/owner": "shop/web"]
            let foreign = try await scope.engine.createContainer(container)
            // As this builder does for a job.
            container.labels = scope.host(data: scope.folder).labels(job: "j-\(scope.name)")
            let own = try await scope.engine.createContainer(container)
            #expect(await scope.host(data: scope.folder).collectLeftovers())
            let left = try await scope.engine.containers(labelled: ["slipway.dev/builder": scope.worker]).map(\.id)
            #expect(left == [foreign], "\(own) is left")
            try await scope.engine.removeContainer(foreign)
            try await scope.engine.removeImage("\(image)", force: true)
        }
    }
}
