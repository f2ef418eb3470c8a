import Contracts
import DockerEngine
import Glibc
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What a step may not do to the builder, its machine and other jobs, tried from the step.
@Suite struct StepRightsTests {
    /// The capabilities that a process of this status may have at most, by their numbers.
    private func capabilities(_ log: String) -> Set<Int> {
        let words = log.split(separator: "\n").last { $0.hasPrefix("CapBnd:") }?.split(separator: "\t").last ?? ""
        let bits = UInt64(words, radix: 16) ?? .max
        return Set((0..<64).filter { bits >> $0 & 1 == 1 })
    }

    @Test("a container has no new privileges, none of the capabilities no build needs, and no engine")
    func containersHaveFewRights() async throws {
        try await BuilderScope.with { scope in
            let look = [
                "grep -E 'CapBnd|NoNewPrivs' /proc/self/status", "! mknod /tmp-device c 1 3",
                "! ls /var/run/docker.sock /run/docker.sock",
            ]
            let stage = Stage(name: "main", steps: [Step(name: "look", image: scope.image, commands: look)])
            let outcome = try await scope.run(stage)
            let log = outcome.log("look")
            #expect(outcome.finished.outcome == .success, "\(log)")
            #expect(log.contains("NoNewPrivs:\t1\n"))
            // SETPCAP, NET_RAW, MKNOD, AUDIT_WRITE; CHOWN and SETUID are left.
            #expect(capabilities(log).isDisjoint(with: [8, 13, 27, 29]), "\(log)")
            #expect(capabilities(log).isSuperset(of: [0, 7]), "\(log)")

            let limits = ContainerLimits(allowsSudo: true, dropped: [])
            let allowed = Stage(
                name: "main", steps: [Step(name: "look", image: scope.image, commands: Array(look.prefix(1)))])
            let second = try await scope.run(allowed, limits: limits).log("look")
            #expect(second.contains("NoNewPrivs:\t0\n"))
            #expect(capabilities(second).isSuperset(of: [8, 13, 27, 29]), "\(second)")
        }
    }

    @Test("a step that wants rights it does not get is told who may give them")
    func missedRightsAreNamed() async throws {
        try await BuilderScope.with { scope in
            func reason(_ commands: [String], limits: ContainerLimits = .init()) async throws -> String {
                let step = Step(name: "wants", image: scope.image, commands: commands, user: "1000:1000")
                let outcome = try await scope.run(Stage(name: "main", steps: [step]), limits: limits)
                #expect(outcome.finished.outcome == .failure)
                return outcome.step("wants")?.reason ?? ""
            }
            let refused = try await reason(["su -c id"])
            #expect(refused.contains("SLIPWAY_DOCKER_SUDO=true"), "\(refused)")
            let sudo =
                "echo 'sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.'; exit 1"
            #expect(try await reason([sudo]).hasPrefix("exit code 1: steps get no new rights by sudo or su"))
            #expect(try await reason([sudo], limits: .init(allowsSudo: true)) == "exit code 1")
            #expect(try await reason(["exit 1"]) == "exit code 1")
        }
    }

    @Test("a step may ask for less memory than the builder allows, and never for more")
    func memoryIsTheBuildersAtMost() async throws {
        try await BuilderScope.with { scope in
            // The second version of control groups, or the first.
            let commands = [
                "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true"
            ]
            func limit(_ wanted: Int64?, swap: Int64? = nil, limits: ContainerLimits) async throws -> (Int64, String) {
                let step = Step(
                    name: "asks", image: scope.image, commands: commands, memoryLimit: wanted, memorySwapLimit: swap)
                let log = try await scope.run(Stage(name: "main", steps: [step]), limits: limits).log("asks")
                return (log.split(separator: "\n").compactMap { Int64($0) }.first ?? -1, log)
            }
            let builder = ContainerLimits(memory: 64 << 20)
            #expect(try await limit(nil, limits: builder).0 == 64 << 20)
            #expect(try await limit(32 << 20, limits: builder).0 == 32 << 20)
            let much = try await limit(1 << 40, swap: -1, limits: builder)
            #expect(much.0 == 64 << 20)
            #expect(much.1.contains("gets the 64 MiB that this builder allows"), "\(much.1)")
            // Without a setting it is the machine's, less something for everything else on it.
            let machine = try await scope.engine.memory()
            #expect(try await limit(nil, limits: .init()).0 / 4096 == machine / 8 * 7 / 4096)
        }
    }

    @Test("a step may ask for fewer CPUs and processes than the builder allows, and never for more")
    func processesAndCPUsAreTheBuildersAtMost() async throws {
        try await BuilderScope.with { scope in
            // The second version of control groups, or the first; the quota is of 100 ms.
            let commands = [
                "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null || true",
                "cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || true",
            ]
            func limits(_ processes: Int?, _ cpus: Double?) async throws -> [String] {
                let step = Step(
                    name: "asks", image: scope.image, commands: commands, cpuLimit: cpus, processLimit: processes)
                let log = try await scope.run(
                    Stage(name: "main", steps: [step]), limits: ContainerLimits(cpus: 1, processes: 300)
                ).log("asks")
                return log.split(separator: "\n").filter { $0.first?.isNumber == true }
                    .map { $0.split(separator: " ").first.map(String.init) ?? "" }
            }
            let own = try await limits(nil, nil)
            #expect(own == ["300", "100000"])
            #expect(try await limits(100, 0.5) == ["100", "50000"])
            #expect(try await limits(10_000, 64) == ["300", "100000"])
        }
    }

    @Test("a process gets the engine's socket only where the builder gives it")
    func theEngineIsNotForEveryProcess() async throws {
        try await BuilderScope.with { scope in
            let stage = Stage(
                name: "main", kind: .exec, steps: [Step(name: "look", commands: ["echo \"host=${DOCKER_HOST-none}\""])])
            let kept = try await scope.run(stage, runners: [.docker, .process])
            #expect(kept.log("look").contains("host=none\n"))
            let shared = try await scope.run(stage, runners: [.docker, .process], sharesDocker: true)
            #expect(shared.log("look").contains("host=unix://\(scope.socket)\n"))
        }
    }
}

extension StepRightsTests {
    @Test(
        "a job's processes have a user of their own, share the workspace with containers, and end with the job",
        .enabled(if: geteuid() == 0, "root alone runs steps as other users"))
    func processesHaveAUser() async throws {
        try await BuilderScope.with { scope in
            let source = try await scope.repository(["hello.txt": "hello\n"])
            let seconds = "96\(UInt32.random(in: 10_000...99_999))"
            let stage = Stage(
                name: "main",
                steps: [
                    Step(name: "make", image: scope.image, commands: ["mkdir -m 700 own", "echo made > own/file"]),
                    Step(
                        name: "run",
                        commands: [
                            "id -u", "git log --format=%s",
                            "echo more >> hello.txt; echo more >> own/file; cat own/file",
                            // Logins are for a step that names their registry.
                            ": \(scope.registry)/shop/web; test -s \"$DOCKER_CONFIG/config.json\"",
                            "echo a=b >> $SLIPWAY_OUTPUT", "echo place=$DOCKER_CONFIG >> $SLIPWAY_OUTPUT",
                            "! ls ..", "! cat /proc/$PPID/environ", "env -i setsid sleep \(seconds) > /dev/null 2>&1 &",
                        ], outputs: ["a", "place"]),
                    Step(name: "look", image: scope.image, commands: ["cat hello.txt own/file"]),
                    Step(name: "again", commands: ["id -u", "rm -r own", "test ! -e ${steps.run.place}/config.json"]),
                ])
            let users = ProcessUsers(22_010...22_010, folder: FilePath(scope.folder))
            let outcome = try await scope.run(
                stage, source: source, runners: [.docker, .process], users: users)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("run"))")
            #expect(outcome.log("run").contains("+ id -u\n22010\n"))
            #expect(outcome.log("run").contains("first\n"))
            #expect(outcome.log("run").contains("made\nmore\n"))
            #expect(outcome.step("run")?.outputs["a"] == "b")
            #expect(outcome.step("run")?.outputs["place"]?.hasPrefix("/") == true)
            #expect(outcome.log("look").contains("hello\nmore\nmade\nmore\n"))
            #expect(outcome.log("again").contains("22010\n"))
            // One that has ended waits for whoever collects it.
            let left = try await runTool("sh", ["-c", "ps -u 22010 -o stat=,comm= | grep -v ^Z || true"])
            #expect(left == "")
            // The next job has it.
            #expect(await users.take()?.id == 22_010)
        }
    }
}
