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
            let file = stack.tokenFile.string
            let server = "http://127.0.0.1:\(stack.ports.pipeline)/api/v1/runs"
            func command(_ words: String...) async throws -> (text: String, code: ServiceExit) {
                try await pipeline.command(["token"] + words)
            }
            func token(in text: String) throws -> String {
                try String(#require(text.split(separator: "\n").last { $0.hasPrefix("slp_") }))
            }
            func isGood(_ token: String) async throws -> Bool {
                try await stack.platform.status(server, token: token) == 200
            }
            let first = try String(contentsOfFile: file, encoding: .utf8)
            #expect(try await isGood(first))

            let made = try await command("make", "--name", "ci", "--role", "developer")
            #expect(made.code == .exited(0), "\(made.text)")
            let ci = try token(in: made.text)
            #expect(try await isGood(ci))
            let listed = try await command("list")
            #expect(listed.text.contains("ci  ") && listed.text.contains("test  ") && !listed.text.contains("slp_"))

            // Another of its name takes a token's place.
            let second = try token(in: try await command("make", "--name", "test").text)
            #expect(second != first)
            try writeFile(stack.tokenFile, second)
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
                slipway token make test > '\(folder)/third' 2>> '\(folder)/said'
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
            let robot = try String(contentsOfFile: folder.appending("robot").string, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(try await !isGood(robot))

            #expect(try await command("revoke", "--name", "test").code == .exited(0))
            #expect(try await !isGood(third))
            #expect(try await isGood(ci))
        }
    }

    /// A person comes in by a link, and a command by that person's browser.
    @Test(.timeLimit(.minutes(3))) func aLinkSignsACommandInAndABrowserAnotherOne() async throws {
        try await Stack.with { stack in
            let made = try await stack.service("pipeline").command(["link", "make", "--name", "ada"])
            let link = try #require(made.text.split(separator: "\n").last { $0.contains("/link?code=l_") })
            let server = "http://127.0.0.1:\(stack.ports.pipeline)"
            #expect(link.hasPrefix(server))
            let second = try await stack.service("pipeline").command(["link", "make", "--name", "bob"])
            let other = try #require(second.text.split(separator: "\n").last { $0.contains("/link?code=l_") })
            let code = try #require(other.split(separator: "code=").last)
            let folder = stack.directory.appending("cli")
            try await runTool("mkdir", ["-p", folder.string])
            let script = """
                set -eu
                unset SLIPWAY_TOKEN SLIPWAY_SERVER
                export XDG_CONFIG_HOME='\(folder)' PATH="\(ServiceProgram.folder):$PATH"
                cd '\(folder)'
                slipway login --link '\(link)' && slipway whoami
                if slipway login --link '\(link)' 2> said; then exit 9; fi
                grep -q 'used before' said
                slipway person invite carol --role viewer > link
                slipway login --link "$(cat link)" > said && slipway whoami
                if slipway person list 2> said; then exit 9; fi
                grep -q 'administrator' said
                browser() { curl -sS --max-time 30 -b jar -c jar -H 'Sec-Fetch-Site: same-origin' "$@"; }
                browser -o page -d 'code=\(code)' -d 'password=correct horse battery' '\(server)/link'
                slipway login '\(server)' --browser > in 2> asked &
                for _ in $(seq 300); do grep -q 'login?code=' asked && break; sleep 0.1; done
                page=$(grep -o 'http://.*login?code=.*' asked)
                browser "$page" | grep -o 'asks to act as you, <b>bob</b>'
                browser -o page -d "code=${page##*=}" -d allow=yes '\(server)/login'
                wait $!
                slipway whoami && slipway session list
                """
            let said = try await runTool("sh", ["-c", script])
            for part in ["as ada; kept", "ada, ada", "carol, carol", "<b>bob</b>", "bob, bob", "curl/"] {
                #expect(said.contains(part), "\(part): \(said)")
            }
        }
    }
}
