import Contracts
import Foundation
import SystemPackage
import TestSupport
import Testing

/// `pipeline token …` beside the running service.
@Suite struct TokenTests {
    @Test(.timeLimit(.minutes(3))) func tokensAreMadeReplacedAndRevokedWhileTheServiceRuns() async throws {
        try await Stack.with { stack in
            let pipeline = try stack.service("pipeline")
            let file = stack.directory.appending("pipeline").appending("token").string
            let server = "http://127.0.0.1:\(stack.ports.pipeline)/api/v1/runs"
            func command(_ words: String...) async throws -> (text: String, code: ServiceExit) {
                let log = stack.directory.appending("command-\(UInt32.random(in: 0 ... .max)).log")
                let program = try await ServiceProgram.start(
                    "pipeline", pipeline.environment, ["token"] + words, log: log)
                let code = try await program.exit()
                return (try String(contentsOf: URL(filePath: log.string), encoding: .utf8), code)
            }
            func written() throws -> String {
                try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            func token(in text: String) throws -> String {
                try String(#require(text.split(separator: "\n").last { $0.hasPrefix("slp_") }))
            }
            func isGood(_ token: String) async throws -> Bool {
                try await stack.platform.status(server, token: token) == 200
            }
            let first = try written()
            #expect(try await isGood(first))

            let made = try await command("make", "--name", "ci", "--role", "developer")
            #expect(made.code == .exited(0), "\(made.text)")
            let ci = try token(in: made.text)
            #expect(try await isGood(ci))
            let listed = try await command("list")
            #expect(listed.text.contains("ci  ") && listed.text.contains("first  ") && !listed.text.contains("slp_"))

            // Another of its name takes a token's place; the first one's is also in its file.
            let second = try token(in: try await command("make", "--name", "first").text)
            #expect(try written() == second && second != first)
            #expect(try await isGood(second))
            #expect(try await !isGood(first))

            // The same with the command, whose login follows when its own token is replaced.
            let folder = stack.directory.appending("cli")
            try await runTool("mkdir", ["-p", folder.string])
            let script = """
                set -eu
                unset SLIPWAY_TOKEN SLIPWAY_SERVER
                export XDG_CONFIG_HOME='\(folder)' PATH="\(ServiceProgram.folder):$PATH"
                slipway login http://127.0.0.1:\(stack.ports.pipeline) --token-file '\(file)' > '\(folder)/said'
                slipway token make first > '\(folder)/third' 2>> '\(folder)/said'
                slipway token make robot --role viewer --repo 'shop/*' --expires 90d > '\(folder)/robot'
                slipway token list
                slipway token list --token-file '\(folder)/robot' --json > '\(folder)/json'
                if slipway token revoke ci --token-file '\(folder)/robot' 2>> '\(folder)/said'; then exit 9; fi
                slipway token revoke robot
                """
            let output = try await runTool("sh", ["-c", script])
            #expect(output.contains("robot") && output.contains("Revoked the token robot"), "\(output)")
            let third = try String(contentsOfFile: folder.appending("third").string, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await isGood(third))
            #expect(try await !isGood(second))
            #expect(try written() == third)
            let robot = try String(contentsOfFile: folder.appending("robot").string, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await !isGood(robot))

            #expect(try await command("revoke", "--name", "first").code == .exited(0))
            #expect(try await !isGood(third))
            #expect(!FileManager.default.fileExists(atPath: file))
            let last = try await command("revoke", "--name", "ci")
            #expect(last.code == .exited(78) && last.text.contains("the last token"), "\(last.text)")
            #expect(try await isGood(ci))
        }
    }
}
