import Contracts
import DockerEngine
import FoundationEssentials
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What a step is told is the same in a container and as a process, and reaches its commands as it is.
@Suite struct StepVariableTests {
    private static let message = "Fix `touch canary` $(touch canary) \"it\""
    private static let hash = "$2a$12$mSNGEiOT7urQP"

    private func run(_ scope: BuilderScope, _ runner: Runner) async throws -> BuilderScope.Outcome {
        let image = runner == .docker ? scope.image : nil
        let stage = Stage(
            name: "main", kind: runner == .docker ? .docker : .exec,
            environment: ["BASE": "/opt/app", "HASH": .text(Self.hash)],
            steps: [
                Step(
                    name: "title", image: image, commands: [#"echo "title=$DRONE_COMMIT_MESSAGE" > "$SLIPWAY_OUTPUT""#],
                    outputs: ["title"]),
                Step(name: "test", image: image, commands: ["exit 5"]),
                Step(
                    name: "tell", image: image,
                    commands: [
                        #"printf '[%s]\n' "${FULL}" "${HASH}" "$$HASH" "${TITLE}" "${steps.title.title}""#,
                        #"printf '[%s]\n' "${commit.message:0:9}" "$PLUGIN_TEXT" "$DRONE_BUILD_STATUS" "$CI_JOB_STATUS""#,
                        #"test "${DRONE_WORKSPACE}" = "$(pwd)" && test "$PLUGIN_WHERE" = "$CI_PROJECT_DIR""#,
                        "test ! -e canary",
                        "env | grep -E '^(CI|DRONE|GITLAB|PLUGIN|SLIPWAY)[A-Z0-9_]*=' | cut -d= -f1 | sort",
                    ], environment: ["FULL": "${BASE}/bin", "TITLE": "${DRONE_COMMIT_MESSAGE}"],
                    settings: [
                        "text": .value("${DRONE_BUILD_STATUS} of ${DRONE_STAGE_NAME}: ${DRONE_FAILED_STEPS}"),
                        "where": .value("${DRONE_WORKSPACE}"),
                    ], when: Condition(status: [.success, .failure])),
            ])
        return try await scope.run(stage, runners: [runner], message: Self.message)
    }

    @Test func bothRunnersTellTheSame() async throws {
        try await BuilderScope.with { scope in
            var names: [[Substring]] = []
            for runner in [Runner.docker, .process] {
                let outcome = try await run(scope, runner)
                let log = outcome.log("tell")
                #expect(outcome.step("test")?.exitCode == 5)
                #expect(outcome.step("tell")?.outcome == .success, "\(log)")
                let full = ["/opt/app/bin", Self.hash, Self.hash, Self.message, Self.message]
                #expect(log.contains(full.map { "[\($0)]\n" }.joined()), "\(log)")
                let told = ["Fix `touc", "failure of main: test", "failure", "failed"]
                #expect(log.contains(told.map { "[\($0)]\n" }.joined()), "\(log)")
                names.append(
                    log.split(separator: "\n").filter { line in
                        !line.isEmpty && line.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" }
                    })
            }
            // The image is a container's, the mark a process'.
            #expect(names[0].filter { $0 != "CI_JOB_IMAGE" } == names[1].filter { $0 != "SLIPWAY_PROCESS" })
            #expect(names[1].contains("DRONE_FAILED_STEPS") && names[1].contains("SLIPWAY_OUTPUT"))
            // Nothing is set that the table does not name.
            let known = ["PLUGIN_", "SLIPWAY_VALUE_"]
            let unknown = (names[0] + names[1]).filter { name in
                RunVariable.named(String(name)) == nil && !known.contains { name.hasPrefix($0) }
            }
            #expect(unknown == [])
        }
    }

    @Test(
        "what an image's own entrypoint gives to a shell is a script, in which no value is", arguments: [true, false])
    func imagesOwnShell(isWhole: Bool) async throws {
        try await BuilderScope.with { scope in
            let name = "\(scope.name)/shell:1"
            let folder = "\(scope.folder)/shell"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "FROM \(scope.image)\nENTRYPOINT \(isWhole ? #"["/bin/sh", "-c"]"# : #"["/bin/sh"]"#)\n".write(
                toFile: "\(folder)/Dockerfile", atomically: false, encoding: .utf8)
            _ = try await scope.engine.build(
                BuildOptions(context: folder, tags: [try ImageReference(name)])
            ) { _ in }
            let script = #"printf '[%s]\n' "${commit.message}"; test ! -e canary"#
            let stage = Stage(
                name: "main",
                steps: [
                    Step(name: "say", image: name, command: isWhole ? [script] : ["-c", script]),
                    Step(
                        name: "words", image: scope.image, command: ["%s|", "-c", "${commit.message}"],
                        entrypoint: ["printf"]),
                ])
            let outcome = try await scope.run(stage, runners: [.docker], message: Self.message)
            try await scope.engine.removeImage(name, force: true)
            #expect(outcome.finished.outcome == .success, "\(outcome.finished) \(outcome.log("say"))")
            #expect(outcome.log("say").contains("[\(Self.message)]\n"), "\(outcome.log("say"))")
            #expect(outcome.log("words").contains("-c|\(Self.message)|"), "\(outcome.log("words"))")
        }
    }
}
