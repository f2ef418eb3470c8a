import Contracts
import DockerEngine
import Foundation
import Logging
import PipelineLanguage
import Secrets
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What a step means is the same in a container and as a process.
@Suite struct StepMeaningTests {
    /// A stage whose steps run by the runner.
    private func stage(_ runner: Runner, _ steps: [Step], workspace: Workspace = Workspace()) -> Stage {
        Stage(name: "main", kind: runner == .docker ? .docker : .exec, workspace: workspace, steps: steps)
    }

    private func step(
        _ scope: BuilderScope, _ runner: Runner, _ name: String, _ commands: [String], directory: String? = nil,
        shell: String? = nil, outputs: [String] = []
    ) -> Step {
        Step(
            name: name, image: runner == .docker ? scope.image : nil, commands: commands, shell: shell,
            workingDirectory: directory, failure: .ignore, outputs: outputs)
    }

    @Test(arguments: [Runner.docker, .process]) func commandsAreReadOneByOne(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let heredoc = ["cat > app.conf <<END\n  port = 80\n  END\n", "echo \"now the tests\"", "exit 3"]
            let operators = [
                "test -f nothere.txt ||", "echo \"tests run\"", "grep -q x README &&", "false", "echo end",
            ]
            let outcome = try await scope.run(
                stage(
                    runner,
                    [
                        step(scope, runner, "heredoc", heredoc), step(scope, runner, "operator", operators),
                        step(scope, runner, "line", ["mkdir d; cd d; X=7", "! true\npwd", "echo $X\nnosuchprogram"]),
                    ]), runners: [runner])
            for name in ["heredoc", "operator"] {
                #expect(outcome.step(name)?.outcome == .failure)
                #expect(outcome.step(name)?.exitCode == 2)
                let log = outcome.log(name)
                #expect(!log.contains("now the tests") && !log.contains("tests run"), "\(log)")
            }
            #expect(outcome.step("heredoc")?.reason?.contains("has no line “END”") == true)
            #expect(outcome.log("heredoc").hasSuffix("its here-document has no line “END” with nothing else in it\n"))
            #expect(outcome.log("operator").contains("\ncommands: "))
            let log = outcome.log("line")
            #expect(log.contains("/d\n+ echo $X\nnosuchprogram\n7\ncommands: "), "\(log)")
            let said = log.split(separator: "\n").first { $0.hasPrefix("commands: ") } ?? ""
            #expect(said.contains("5: ") && said.contains("nosuchprogram"), "\(said)")
            #expect(!log.contains("/slipway/commands") && !log.contains("/step-"), "\(log)")
            #expect(log.hasSuffix("\nexit code 127: a command was not found\n"))
        }
    }

    @Test(arguments: [Runner.docker, .process]) func endsAreExplained(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let commands = [
                "child": "sh -c 'kill -9 $$$$'", "fault": "sh -c 'kill -11 $$$$'", "file": "echo x > f; ./f",
                "unknown": "nosuchprogram --x", "own": "printf open; exit 7",
            ]
            let outcome = try await scope.run(
                stage(runner, commands.keys.sorted().map { step(scope, runner, $0, [commands[$0] ?? ""]) }),
                runners: [runner])
            for (name, reason) in [
                ("child", "exit code 137: killed by signal 9 (SIGKILL"),
                ("fault", "exit code 139: killed by signal 11"),
                ("file", "exit code 126: a command could not be executed"),
                ("unknown", "exit code 127: a command was not found"),
            ] {
                #expect(outcome.step(name)?.reason?.hasPrefix(reason) == true, "\(outcome.step(name)?.reason ?? "")")
                #expect(outcome.log(name).contains("\n\(reason)"), "\(outcome.log(name))")
            }
            #expect(outcome.step("own")?.reason == "exit code 7")
            #expect(outcome.log("own").hasSuffix("\nopen"))
        }
    }

    @Test(arguments: [Runner.docker, .process]) func aScriptsFirstLineIsToldWhereItIsTheReason(_ runner: Runner)
        async throws
    {
        try await BuilderScope.with { scope in
            let calls = [
                "lacks": "printf '#!/opt/nosh -e\\n' > s.sh; chmod +x s.sh; X=1 ./s.sh",
                "ends": "printf '#!/bin/sh\\r\\necho x\\r\\n' > d.sh; chmod +x d.sh; (./d.sh)",
                "fine": "printf '#!/bin/sh\\nnosuchprogram\\n' > f.sh; chmod +x f.sh; ./f.sh",
            ]
            let steps = calls.keys.sorted().map { step(scope, runner, $0, [calls[$0] ?? ""]) }
            let outcome = try await scope.run(stage(runner, steps), runners: [runner])
            let owner = runner == .docker ? "the image" : "this builder's machine"
            for (name, words) in [
                ("lacks", "“./s.sh” asks in its first line for /opt/nosh, which \(owner) does not have"),
                ("ends", "the lines of “./d.sh” end with \\r\\n, and no program has a \\r in its name"),
                ("fine", "a command was not found"),
            ] {
                let reason = outcome.step(name)?.reason ?? ""
                let codes = ["exit code 126: ", "exit code 127: "].map { $0 + words }
                #expect(codes.contains { reason.hasPrefix($0) }, "\(reason)")
                #expect(outcome.log(name).hasSuffix("\n\(reason)\n"), "\(outcome.log(name))")
            }
        }
    }

    @Test func aShellTheImageLacksIsNamed() async throws {
        try await BuilderScope.with { scope in
            let steps = [
                step(scope, .docker, "shell", ["echo x"], shell: "bash"),
                Step(name: "entry", image: scope.image, entrypoint: ["/opt/tool"], failure: .ignore),
            ]
            let outcome = try await scope.run(stage(.docker, steps))
            #expect(outcome.step("shell")?.reason == "exit code 127: the image has no /bin/bash")
            #expect(outcome.log("shell").hasSuffix("exit code 127: the image has no /bin/bash\n"))
            #expect(outcome.step("entry")?.reason == "exit code 127: the image has no /opt/tool")
            let process = try await scope.run(
                stage(
                    .process,
                    [
                        step(
                            scope, .process, "bash",
                            ["if [[ a == a* ]]; then echo \"bash ${BASH_VERSION:+it is}\"; fi"], shell: "bash"),
                        step(scope, .process, "none", ["echo x"], shell: "/opt/nosh"),
                    ]), runners: [.process])
            #expect(process.log("bash").hasSuffix("\nbash it is\n"))
            #expect(process.step("none")?.reason == "this builder's machine has no /opt/nosh")
        }
    }

    @Test(arguments: [Runner.docker, .process]) func aShellThatIsNoneIsRefused(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let steps = ["/usr/bin/python3", "fish"].map { step(scope, runner, $0, ["echo x"], shell: $0) }
            let outcome = try await scope.run(stage(runner, steps), runners: [runner])
            for name in ["/usr/bin/python3", "fish"] {
                let reason = outcome.step(name)?.reason ?? ""
                #expect(reason.hasPrefix("the shell “\(name)” does not read commands as sh does"), "\(reason)")
                #expect(outcome.log(name) == "\(reason)\n", "\(outcome.log(name))")
            }
        }
    }

    @Test(arguments: [Runner.docker, .process]) func aWorkingDirectoryHasToBeThere(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let workspace = Workspace(path: "/go/src/example.org/app")
            let outcome = try await scope.run(
                stage(
                    runner,
                    [
                        step(scope, runner, "make", ["mkdir sub; echo \"$DRONE_WORKSPACE|$CI_WORKSPACE|$(pwd)\""]),
                        step(scope, runner, "relative", ["pwd; echo ${OLDPWD-none}"], directory: "sub"),
                        step(scope, runner, "absolute", ["pwd"], directory: "/go/src/example.org/app/sub"),
                        step(scope, runner, "missing", ["echo reached"], directory: "not/there"),
                        step(scope, runner, "outside", ["pwd"], directory: "/bin/../bin"),
                        step(scope, runner, "nowhere", ["echo reached"], directory: "/opt/none"),
                        step(scope, runner, "above", ["echo reached"], directory: "sub/../.."),
                    ], workspace: workspace), runners: [runner])
            #expect(outcome.step("missing")?.outcome == .failure)
            #expect(outcome.step("missing")?.reason == "the working directory “not/there” is not there")
            #expect(outcome.log("missing") == "the working directory “not/there” is not there\n")
            #expect(outcome.log("outside").hasSuffix("bin\n"), "\(outcome.log("outside"))")
            #expect(outcome.log("nowhere") == "the working directory “/opt/none” is not there\n")
            #expect(
                outcome.log("above")
                    == "the working directory “sub/../..” leads out of the workspace; only an absolute path may\n")
            #expect(outcome.log("relative").contains("/sub\nnone\n"))
            #expect(outcome.log("absolute").contains("/sub\n"))
            let paths = outcome.log("make").split(separator: "\n").last?.split(separator: "|") ?? []
            #expect(Set(paths).count == 1 && paths.count == 3, "\(outcome.log("make"))")
            if runner == .docker { #expect(paths.first == "/go/src/example.org/app") }
        }
    }

    @Test func aPluginsWorkingDirectoryHasToBeThere() async throws {
        try await BuilderScope.with { scope in
            let steps = [
                Step(
                    name: "missing", image: scope.image, entrypoint: ["/bin/pwd"], workingDirectory: "not/there",
                    failure: .ignore),
                Step(name: "there", image: scope.image, entrypoint: ["/bin/pwd"], workingDirectory: "/bin"),
                Step(
                    name: "outside", image: scope.image, entrypoint: ["/bin/pwd"], workingDirectory: "/opt/none",
                    failure: .ignore),
                Step(
                    name: "above", image: scope.image, entrypoint: ["/bin/pwd"], workingDirectory: "../other",
                    failure: .ignore),
                Step(
                    name: "mounted", image: scope.image, entrypoint: ["/bin/pwd"], workingDirectory: "cache",
                    mounts: [Mount(name: "cache", path: "/drone/src/cache")]),
            ]
            var stage = stage(.docker, steps)
            stage.volumes = [Volume(name: "cache", source: .temporary(medium: nil, sizeLimit: nil))]
            let outcome = try await scope.run(stage)
            #expect(outcome.step("missing")?.reason == "the working directory “not/there” is not there")
            #expect(outcome.log("there") == "/bin\n")
            #expect(outcome.step("outside")?.reason == "the working directory “/opt/none” is not there")
            #expect(outcome.step("above")?.reason?.contains("leads out of the workspace") == true)
            #expect(outcome.log("mounted") == "/drone/src/cache\n")
        }
    }

    @Test(arguments: [Runner.docker, .process]) func outputsOfSeveralLinesAreHandedOn(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let write = """
                cat >> "$SLIPWAY_OUTPUT" <<'OUT'
                notes<<END
                one
                version=evil
                END
                version=1.0
                undeclared=x
                OUT
                """
            var show = step(scope, runner, "show", ["printf '%s|%s\\n' \"$NOTES\" \"$VERSION\""])
            show.environment = ["NOTES": "${steps.write.notes}", "VERSION": "${steps.write.version}"]
            let outcome = try await scope.run(
                stage(runner, [step(scope, runner, "write", [write], outputs: ["notes", "version"]), show]),
                runners: [runner])
            #expect(outcome.step("write")?.outputs == ["notes": "one\nversion=evil", "version": "1.0"])
            #expect(
                outcome.log("write").hasSuffix(
                    "the output “undeclared” is not among the step's “outputs”, and is dropped\n"))
            #expect(outcome.log("show").hasSuffix("\none\nversion=evil|1.0\n"))
        }
    }

    @Test func anyUserWritesWhereverTheWorkspaceIs() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["README": "hello\n"])
            var user = step(
                scope, .docker, "user",
                [
                    "echo more >> README; echo x > made/by-root/new; echo y >> made/by-root/file; ./made/by-root/run",
                    "! cat key; ! ls private",
                ])
            user.user = "1000"
            var other = step(scope, .docker, "other", ["echo z >> made/by-root/new; cat README made/by-root/*"])
            other.user = "1001:1001"
            let root = step(
                scope, .docker, "root",
                [
                    "mkdir -p made/by-root; echo 0 > made/by-root/file; (umask 077; echo secret > key; mkdir private)",
                    "printf '#!/bin/sh\\necho ran\\n' > made/by-root/run; chmod 755 made/by-root/run",
                ])
            let look = step(scope, .docker, "look", ["stat -c '%a %n' key private made/by-root/file"])
            let outcome = try await scope.run(stage(.docker, [root, user, other, look]), source: source)
            #expect(outcome.step("user")?.outcome == .success, "\(outcome.log("user"))")
            #expect(outcome.log("user").contains("\nran\n") && !outcome.log("user").contains("secret"))
            #expect(outcome.log("other").contains("\nhello\nmore\n0\ny\nx\nz\n"), "\(outcome.log("other"))")
            #expect(outcome.log("look").hasSuffix("\n600 key\n700 private\n666 made/by-root/file\n"))
        }
    }

    /// A builder that is not root has no power over what root of a container made.
    @Test func filesOfOtherUsersAreOpenedByAContainersRoot() async throws {
        try await BuilderScope.with { scope in
            let data = FilePath("\(scope.folder)/data")
            let folder = try JobFolder(
                below: data, job: .make(), attempt: 1, stage: Stage(name: "main", steps: []))
            try await folder.make()
            let job = try GrantedJob(
                try scope.grant(stage(.docker, [])), keys: scope.keys, for: .builder(pool: "default"))
            let containers = JobContainers(
                host: scope.host(data: data.string), job: job, folder: folder, logger: Logger(label: "test"))
            let names = ["plain", "it's 1", "line\nbreak", "-rf", "$(touch bad)"] + (0..<450).map { "f\($0)" }
            for name in names {
                let path = "\(folder.workspace)/\(name)"
                #expect(FileManager.default.createFile(atPath: path, contents: nil))
                #expect(chmod(path, 0o644) == 0)
            }
            let outside = "\(scope.folder)/outside"
            #expect(FileManager.default.createFile(atPath: outside, contents: nil))
            #expect(chmod(outside, 0o644) == 0)
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder.workspace)/link", withDestinationPath: outside)
            let log = LinesLog()
            let closed = (["link", "gone"] + names).map { Array($0.utf8) } + [[]]
            await containers.openAsRoot(closed, log)
            #expect(log.text.hasPrefix("458 files of other users"), "\(log.text)")
            await containers.used(scope.image, hasShell: true)
            await containers.used("nothing/of/that/name:1", hasShell: false)
            log.clear()
            await containers.openAsRoot(closed, log)
            #expect(log.text == "")
            for name in names {
                var status = stat()
                #expect(stat("\(folder.workspace)/\(name)", &status) == 0 && status.st_mode & 0o777 == 0o666, "\(name)")
            }
            var status = stat()
            #expect(stat(outside, &status) == 0 && status.st_mode & 0o777 == 0o644)
            await containers.remove()
        }
    }

    /// The image's own user is one as well, and a service finds its files where its image has them.
    @Test func whatTheImageSaysOfUserAndDirectoryHolds() async throws {
        try await BuilderScope.with { scope in
            let name = "\(scope.name)/own:1"
            let folder = "\(scope.folder)/own"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "FROM \(scope.image)\nWORKDIR /srv/files\nRUN echo found > here\nUSER 1234\n".write(
                toFile: "\(folder)/Dockerfile", atomically: false, encoding: .utf8)
            let image = try ImageReference(name)
            _ = try await scope.engine.build(BuildOptions(context: folder, tags: [image])) { _ in }
            let stage = Stage(
                name: "main",
                services: [
                    Step(
                        name: "files", image: name, entrypoint: ["/bin/httpd", "-f", "-p", "8080"],
                        ready: Probe(port: 8080, path: "/here", timeout: 20))
                ],
                steps: [
                    Step(
                        name: "root", image: scope.image,
                        commands: ["mkdir -m 755 deep; wget -q -O - http://files:8080/here"]),
                    Step(name: "user", image: name, commands: ["pwd; id -u; echo x > deep/file"]),
                ])
            let outcome = try await scope.run(stage)
            try await scope.engine.removeImage(name, force: true)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("user"))")
            #expect(outcome.log("root").hasSuffix("\nfound\n"))
            #expect(outcome.log("user").hasSuffix("/drone/src\n1234\n"))
        }
    }

    /// As in Drone: what one step leaves beside the source, another finds.
    @Test func theBaseOfTheWorkspaceIsShared() async throws {
        try await BuilderScope.with { scope in
            var stage = stage(
                .docker,
                [
                    Step(
                        name: "make", image: scope.image,
                        commands: ["pwd; mkdir ../../bin; echo tool > $DRONE_WORKSPACE_BASE/bin/tool"]),
                    Step(
                        name: "use", image: scope.image,
                        commands: ["cat /go/bin/tool; echo $CI_WORKSPACE_PATH; id -u"], user: "1000"),
                    Step(name: "there", image: scope.image, commands: ["pwd"], workingDirectory: "/go/bin"),
                ])
            stage.workspace = Workspace(base: "/go", path: "src/app")
            let outcome = try await scope.run(stage)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished)")
            #expect(outcome.log("make").hasSuffix("\n/go/src/app\n"))
            #expect(outcome.log("use").hasSuffix("\ntool\nsrc/app\n1000\n"), "\(outcome.log("use"))")
            #expect(outcome.log("there").hasSuffix("\n/go/bin\n"))
        }
    }

    @Test func outOfMemoryIsAlwaysSaid() async throws {
        try await BuilderScope.with { scope in
            // The kernel kills whom it chooses, and again while what the first one had is not free yet: so one process
            // offers itself, and no other wants memory at that time.
            let hungry = "(echo 1000 > /proc/self/oom_score_adj; exec dd if=/dev/zero of=/dev/null bs=90M count=1)"
            let steps = [("handled", hungry + " || true"), ("told", hungry)].map { name, command in
                Step(
                    name: name, image: scope.image, commands: [command, "echo went on"], memoryLimit: 24 << 20,
                    memorySwapLimit: 24 << 20, failure: .ignore)
            }
            let outcome = try await scope.run(stage(.docker, steps))
            let words = "out of memory: a process used more than the limit of 24 MiB and was killed"
            #expect(outcome.step("handled")?.outcome == .success)
            #expect(outcome.log("handled").hasSuffix("went on\n\(words)\n"), "\(outcome.log("handled"))")
            #expect(outcome.step("told")?.reason == words)
            #expect(outcome.log("told").hasSuffix("\n\(words)\n"), "\(outcome.log("told"))")
        }
    }

    /// A shell waits for the program it runs: only if that one is asked to end as well, the trap runs in time.
    @Test(arguments: [Runner.docker, .process]) func aStopReachesAllProcesses(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let commands = [
                "trap 'echo cleaning; sleep 1; echo cleaned; exit 1' TERM",
                "sh -c 'trap \"echo child asked; exit\" TERM; echo up; sleep 1000 & wait' & sleep 1000",
            ]
            let outcome = try await scope.run(stage(runner, [step(scope, runner, "long", commands)]), runners: [runner])
            {
                platform in
                try await platform.waitForLog(of: "long", "up\n")
                platform.cancelJob("a person said so")
            }
            #expect(outcome.finished.outcome == .cancelled)
            let log = outcome.log("long")
            #expect(log.contains("child asked\n"), "\(log)")
            #expect(log.contains("cleaning\n") && log.contains("cleaned\n"), "\(log)")
        }
    }

    /// The shell has no trap, and would be gone, with all else, before the program has ended as it wants to.
    @Test(arguments: [Runner.docker, .process]) func aProgramHasItsTimeToEnd(_ runner: Runner) async throws {
        try await BuilderScope.with { scope in
            let server = """
                cat > server <<'END'
                trap 'echo closing; sleep 1; echo closed; exit' TERM
                echo up
                while :; do sleep 0.1; done
                END
                """
            let ways = ["plain": "sh server", "group": "timeout 600 sh server", "behind": "sh server & wait"]
            let steps = ways.map { name, command in
                var step = step(scope, runner, name, ["cd \(name)", server, command, "echo never"])
                step.commands.insert("mkdir \(name)", at: 0)
                step.dependsOn = []
                return step
            }
            let outcome = try await scope.run(stage(runner, steps), runners: [runner]) { platform in
                for name in ways.keys { try await platform.waitForLog(of: name, "\nup\n") }
                platform.cancelJob("a person said so")
            }
            for name in ways.keys {
                let log = outcome.log(name)
                #expect(outcome.step(name)?.outcome == .cancelled)
                #expect(log.contains("closing\n") && log.contains("closed\n") && !log.contains("\nnever"), "\(log)")
            }
        }
    }

    @Test(arguments: [Runner.docker, .process]) func whatDoesNotListenIsKilledAfterTheGrace(_ runner: Runner)
        async throws
    {
        try await BuilderScope.with { scope in
            var stubborn = step(scope, runner, "stubborn", ["trap '' TERM", "echo up; while true; do sleep 1; done"])
            stubborn.failure = .fail
            let outcome = try await scope.run(stage(runner, [stubborn]), runners: [runner]) { platform in
                try await platform.waitForLog(of: "stubborn", "\nup\n")
                platform.cancelJob("a person said so")
            }
            #expect(outcome.step("stubborn")?.outcome == .cancelled)
            #expect(outcome.step("stubborn")?.exitCode == 137)
        }
    }

    /// Programs that answer SIGTERM with exit code 0.
    private static let polite = [
        "trap": "trap 'echo cleanup; exit 0' TERM INT EXIT; sleep 100",
        "exec": "exec sh -c 'trap \"exit 0\" TERM; while :; do sleep 0.2; done'",
    ]

    @Test(arguments: [Runner.docker, .process]) func aTimeoutIsAFailureWhateverTheExitCode(_ runner: Runner)
        async throws
    {
        try await BuilderScope.with { scope in
            var steps = Self.polite.map { name, command in
                var step = step(scope, runner, name, [command])
                (step.timeout, step.dependsOn) = (8, [])
                return step
            }
            var tried = step(scope, runner, "tried", ["trap 'exit 78' TERM; sleep 100"])
            (tried.timeout, tried.retry, tried.dependsOn) = (1, Retry(max: 1), [])
            var deploy = step(scope, runner, "deploy", [Self.polite["exec"] ?? ""])
            (deploy.timeout, deploy.failure, deploy.dependsOn) = (2, .fail, [])
            var server = step(scope, runner, "server", [Self.polite["trap"] ?? ""])
            (server.detach, server.timeout, server.dependsOn) = (true, 1, [])
            steps += [tried, deploy, server]
            if runner == .docker {
                let loop = "trap 'exit 0' TERM; while :; do sleep 0.2; done"
                steps.append(
                    Step(
                        name: "plugin", image: scope.image, entrypoint: ["/bin/sh", "-c", loop], dependsOn: [],
                        failure: .ignore, timeout: 2))
            }
            let names = steps.map(\.name)
            var announce = step(scope, runner, "announce", ["echo never"])
            announce.dependsOn = names
            let outcome = try await scope.run(stage(runner, steps + [announce]), runners: [runner])
            #expect(outcome.finished.outcome == .failure)
            #expect(outcome.step("announce")?.outcome == .skipped)
            for name in names {
                #expect(outcome.step(name)?.outcome == .failure, "\(name)")
                let reason = outcome.step(name)?.reason ?? ""
                #expect(reason.hasPrefix("the step took longer than its timeout of "), "\(name): \(reason)")
                #expect(outcome.log(name).hasSuffix("\(reason)\n"), "\(outcome.log(name))")
            }
            // A step with an image is no rollout by its name.
            #expect(outcome.step("deploy")?.reason?.contains("docker run -d") == (runner == .process))
            #expect(outcome.log("trap").contains("\ncleanup\n"))
            #expect(outcome.log("tried").contains("timeout of 1 s\n— try 2\n"))
        }
    }

    @Test(arguments: [Runner.docker, .process]) func aCancelIsNoSuccessWhateverTheExitCode(_ runner: Runner)
        async throws
    {
        try await BuilderScope.with { scope in
            for way in ["cancel", "fast", "limit"] {
                var steps = Self.polite.map { name, command in
                    var step = step(scope, runner, name, ["echo up; \(command)"])
                    step.dependsOn = []
                    return step
                }
                var bad = step(scope, runner, "bad", ["sleep 8; exit 3"])
                (bad.failure, bad.dependsOn) = (.fast, [])
                if way == "fast" { steps.append(bad) }
                let outcome = try await scope.run(
                    stage(runner, steps), runners: [runner], timeout: way == "limit" ? 8 : 300
                ) { platform in
                    // What stops the others may come before they have said anything.
                    guard way == "cancel" else { return }
                    for name in Self.polite.keys { try await platform.waitForLog(of: name, "\nup\n") }
                    platform.cancelJob("a person said so")
                }
                #expect(outcome.finished.outcome == (way == "cancel" ? .cancelled : .failure))
                let reason =
                    switch way {
                    case "cancel": "a person said so"
                    case "fast": "step “bad” failed"
                    default: "the job took longer than its timeout of 8 s"
                    }
                for name in Self.polite.keys {
                    #expect(outcome.step(name)?.outcome == .cancelled, "\(way) \(name)")
                    #expect(outcome.step(name)?.reason == reason)
                    #expect(outcome.log(name).hasSuffix("stopped: \(reason)\n"), "\(outcome.log(name))")
                }
            }
        }
    }

    @Test func aFailureAfterItWorkedIsKnownToBeIgnored() async throws {
        try await BuilderScope.with { scope in
            var server = step(scope, .docker, "server", ["echo up; sleep 0.3; exit 3"])
            (server.detach, server.failure) = (true, .fail)
            var lint = step(scope, .docker, "lint", ["exit 4"])
            lint.failure = .ignore
            var test = step(scope, .docker, "test", ["sleep 2; exit 5"])
            test.failure = .fail
            let outcome = try await scope.run(stage(.docker, [server, lint, test]))
            #expect(outcome.step("server")?.outcome == .failure && outcome.step("server")?.ignored == true)
            #expect(outcome.step("lint")?.ignored == true)
            #expect(outcome.step("test")?.ignored == false)
            #expect(outcome.finished.reason == "step “test” failed: exit code 5")
        }
    }

    @Test func aCancelDuringAProbeEndsTheJob() async throws {
        try await BuilderScope.with { scope in
            let probes = [
                Probe(port: 81, path: "/", timeout: 600), Probe(command: ["/bin/sleep", "1000"], timeout: 600),
            ]
            let stage = Stage(
                name: "main",
                services: probes.enumerated().map { number, probe in
                    Step(name: "service\(number)", image: scope.image, commands: ["echo up; sleep 1000"], ready: probe)
                }, steps: [Step(name: "never", image: scope.image, commands: ["echo never"])])
            let outcome = try await scope.run(stage) { platform in
                for name in ["service0", "service1"] { try await platform.waitForLog(of: name, "\nup\n") }
                platform.cancelJob("a person said so")
            }
            #expect(outcome.finished.outcome == .cancelled)
            #expect(outcome.step("never")?.outcome == .cancelled)
        }
    }
}

/// A log kept in memory.
final class LinesLog: StepLog {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    func write(_ new: [UInt8]) async { bytes.withLock { $0 += new } }
    func clear() { bytes.withLock { $0 = [] } }
}
