import Contracts
import Foundation
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What whoever pushes, or starts a run, may choose is data in a step, and runs nothing.
@Suite struct InjectionTests {
    /// The values as the commands saw them, between brackets, and nothing of them has run.
    private func check(
        _ value: String, _ expressions: [String], _ runner: Runner, environment: [String: Value] = [:],
        message: String = "first", parameters: [String: String] = [:], output: String = ""
    ) async throws {
        try await BuilderScope.with { scope in
            let image = runner == .docker ? scope.image : nil
            let make = Step(
                name: "make", image: image, commands: [#"printf 'out<<END\n%s\nEND\n' "$OUT" > "$SLIPWAY_OUTPUT""#],
                environment: ["OUT": .text(output.replacing("$", with: "$$"))], outputs: ["out"])
            let use = Step(
                name: "use", image: image,
                commands: expressions.map { #"printf '[%s]\n' "\#($0)""# } + ["test -e canary || echo nothing ran"],
                environment: environment)
            let outcome = try await scope.run(
                Stage(name: "main", kind: runner == .docker ? .docker : .exec, steps: [make, use]), runners: [runner],
                message: message, parameters: parameters)
            let log = outcome.log("use")
            #expect(outcome.step("use")?.outcome == .success, "\(log)")
            #expect(log.components(separatedBy: "[\(value)]\n").count == expressions.count + 1, "\(log)")
            #expect(log.hasSuffix("\nnothing ran\n"), "\(log)")
        }
    }

    @Test(arguments: [Runner.docker, .process]) func backquotesInACommitsMessage(_ runner: Runner) async throws {
        let message = "Fix `touch canary` and $(touch canary)"
        try await check(
            message, ["${TITLE}", "${commit.message}", "${DRONE_COMMIT_MESSAGE}", "${TITLE:0:99}"], runner,
            environment: ["TITLE": "${DRONE_COMMIT_MESSAGE}"], message: message)
    }

    @Test(arguments: [Runner.docker, .process]) func aCommandInWhatAStepHandsOn(_ runner: Runner) async throws {
        let output = "1.0; touch canary; #"
        try await check(
            output, ["${steps.make.out}", "${VERSION}", "${steps.make.out:-none}"], runner,
            environment: ["VERSION": "${steps.make.out}"], output: output)
    }

    @Test(arguments: [Runner.docker, .process]) func quotesLinesAndCommandsInAParameter(_ runner: Runner) async throws {
        for value in [#"x"; touch canary; ""#, "x'; touch canary; '", "$(touch canary)", "a\ntouch canary", "a && b"] {
            try await check(
                value, ["${given}", "${parameters.given}", "${given/NONE/}", "${OWN}"], runner,
                environment: ["OWN": "${given}"], parameters: ["given": value])
        }
    }

    @Test(arguments: [Runner.docker, .process]) func dollarsInAnEnvironmentsValue(_ runner: Runner) async throws {
        let hash = "$2a$12$mSNGEiOT7urQP"
        try await check(
            hash, ["${HASH}", "$HASH", "$$HASH", "${HASH:0:99}"], runner, environment: ["HASH": .text(hash)])
    }

    /// Neither the shell of busybox nor dash knows all of these by itself.
    @Test(arguments: [Runner.docker, .process]) func whatTheShellCannotDoIsHandedOver(_ runner: Runner) async throws {
        try await check(
            "IT IS $(X)", ["${TITLE^^}", "${commit.message^^}", "${given:2:10}"], runner,
            environment: ["TITLE": "${commit.message}"], message: "it is $(X)", parameters: ["given": "- IT IS $(X)!"])
    }

    @Test func aShellThatAnImageIsToldToRun() async throws {
        try await BuilderScope.with { scope in
            let attack = "x; touch /canary; `touch /canary`"
            let script = #"printf '[%s]' "${commit.message}" "${steps.make.out}" "${given}"; ls /"#
            let make = Step(
                name: "make", image: scope.image,
                commands: [#"printf '%s\n' 'out=x; touch /canary; `touch /canary`' > "$SLIPWAY_OUTPUT""#],
                outputs: ["out"])
            let outcome = try await scope.run(
                Stage(
                    name: "main",
                    steps: [
                        make, Step(name: "command", image: scope.image, command: ["sh", "-c", script]),
                        Step(name: "entry", image: scope.image, command: [script], entrypoint: ["/bin/sh", "-ec"]),
                    ]), message: attack, parameters: ["given": attack])
            for name in ["command", "entry"] {
                let log = outcome.log(name)
                #expect(outcome.step(name)?.outcome == .success, "\(log)")
                #expect(log.hasPrefix(String(repeating: "[\(attack)]", count: 3)), "\(log)")
                #expect(!log.contains("canary\n"), "\(log)")
            }
        }
    }
}
