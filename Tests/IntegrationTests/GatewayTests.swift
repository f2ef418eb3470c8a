import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// The gateway as forges, proxies and strangers meet it.
@Suite struct GatewayTests {
    /// A stranger who connects and goes away leaves no descriptor behind.
    @Test func connectionsOfThoseWhoAreGone() async throws {
        try await Stack.with { stack in
            let script = """
                import socket, time
                connections = [socket.create_connection(("127.0.0.1", \(stack.ports.gateway))) for _ in range(200)]
                for connection in connections[::2]:
                    connection.sendall(b"POST /hooks/gitlab HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 9\\r\\n\\r\\n{")
                half = socket.create_connection(("127.0.0.1", \(stack.ports.gateway)), timeout=30)
                half.shutdown(socket.SHUT_WR)
                assert half.recv(1) == b""
                for connection in connections:
                    connection.close()
                """
            try await runTool("python3", ["-c", script])
            let port = ":" + String(stack.ports.gateway, radix: 16, uppercase: true) + " "
            try await eventually(within: .seconds(20), "no connection waits to be closed") {
                // 08 is CLOSE_WAIT.
                try await runTool("cat", ["/proc/net/tcp"]).split(separator: "\n").allSatisfy { line in
                    let columns = line.split(separator: " ")
                    return columns.count < 4 || !(columns[1] + " ").hasSuffix(port) || columns[3] != "08"
                }
            }
        }
    }

    /// curl waits for `100 Continue`, here for longer than the whole request may take; a proxy's target is absolute.
    @Test func whatClientsAndProxiesDo() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            let body = stack.directory.appending("hook.json")
            let commit = String(repeating: "a", count: 40)
            try Data(try repository.hookBody(before: nil, commit: commit, message: "x")).write(
                to: URL(filePath: body.string))
            let hook = [
                "-sS", "--max-time", "30", "-o", "/dev/null", "-w", "%{http_code}", "-H", "X-Gitlab-Event: Push Hook",
                "-H", "X-Gitlab-Token: \(try await stack.platform.hookToken("shop/web"))", "-H",
                "Content-Type: application/json", "--data-binary", "@\(body)",
            ]
            let gateway = "http://127.0.0.1:\(stack.ports.gateway)"
            let asked = try await runTool(
                "curl", hook + ["-H", "Expect: 100-continue", "--expect100-timeout", "60", "\(gateway)/hooks/gitlab"])
            #expect(asked == "202")
            let proxied = try await runTool(
                "curl", hook + ["--proxy", gateway, "http://hooks.example/hooks/gitlab"])
            #expect(proxied == "202")
            let misdirected = try await runTool("curl", hook + ["\(gateway)/hooks/github"])
            #expect(misdirected == "400")
            let github = try await stack.platform.hook(Array("{}".utf8), headers: ["X-GitHub-Event": "push"])
            #expect(github.status == 400)
            #expect(github.text.contains("GitHub") && github.text.contains("/hooks/github"), "\(github.text)")
        }
    }

    /// A push of a repository nobody registered is shown with the command that adds it, and that command does.
    @Test func pushesOfUnknownRepositories() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let token = try await platform.hookToken("shop/web")
            #expect(try await platform.send(.delete, "repositories/shop%2Fweb").status == 204)
            let (before, commit) = try await repository.commit(["a": "b"])
            let headers = ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token]
            let body = try repository.hookBody(before: before, commit: commit, message: "x")
            #expect(try await platform.hook(body, headers: headers).status == 202)
            var found: DiscoveredRepositoryView?
            try await eventually(within: .seconds(30), "the repository is discovered") {
                found = try await platform.send(.get, "discovered-repositories")
                    .decode(Page<DiscoveredRepositoryView>.self).items.first
                return found != nil
            }
            let view = try #require(found)
            let words = view.command.split(separator: " ").map(String.init)
            #expect(words.prefix(4) == ["slipway", "repo", "add", "shop/web"])
            let folder = stack.directory.appending("cli")
            try await runTool("mkdir", ["-p", folder.string])
            let login = try String(
                contentsOf: URL(filePath: stack.tokenFile.string),
                encoding: .utf8)
            let script = """
                export SLIPWAY_SERVER=http://127.0.0.1:\(stack.ports.pipeline) SLIPWAY_TOKEN=\(login.prefix { $0 != "\n" })
                export XDG_CONFIG_HOME='\(folder)' PATH="\(ServiceProgram.folder):$PATH"
                slipway repo list && \(view.command) && slipway repo list --discovered
                """
            let output = try await runTool("sh", ["-c", script])
            #expect(output.contains(view.command), "\(output)")
            let added = try await platform.send(.get, "repositories/shop%2Fweb").decode(RepositoryView.self)
            #expect(added.cloneURL == view.cloneURL)
            let left = try await platform.send(.get, "discovered-repositories")
                .decode(Page<DiscoveredRepositoryView>.self).items
            #expect(left.isEmpty)
        }
    }

    /// A group's hook has the secret of one of its repositories: pushes of the others are shown, with the command.
    @Test func pushesWithAnothersSecret() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/new", in: stack.directory, platform: platform)
            #expect(try await platform.send(.delete, "repositories/shop%2Fnew").status == 204)
            _ = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let (before, commit) = try await repository.commit(["a": "b"])
            let body = try repository.hookBody(before: before, commit: commit, message: "x")
            func post(_ token: String) async throws -> PlatformClient.Answer {
                try await platform.hook(body, headers: ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token])
            }
            let stranger = try await post("guessed")
            #expect(stranger.status == 401)
            let answer = try await post(try await platform.hookToken("shop/web"))
            #expect(answer.status == 202)
            #expect(answer.text.contains("slipway repo add shop/new"), "\(answer.text)")
            var found: [DiscoveredRepositoryView] = []
            try await eventually(within: .seconds(30), "the repository is discovered") {
                found = try await platform.send(.get, "discovered-repositories")
                    .decode(Page<DiscoveredRepositoryView>.self).items
                return !found.isEmpty
            }
            #expect(found.map(\.path.rawValue) == ["shop/new"])
            #expect(found.map(\.pushes) == [1])
            #expect(answer.text.contains(try #require(found.first).command))
            // Registered, it needs its own.
            let cloneURL = try #require(found.first?.cloneURL)
            try await platform.addRepository("shop/new", cloneURL: cloneURL, allowsFile: true)
            #expect(try await post(try await platform.hookToken("shop/web")).status == 401)
            #expect(try await platform.runs("shop/new").isEmpty)
        }
    }

    /// Without a broker the gateway still takes hooks and the platform still answers its pages; the others cannot work.
    @Test func readyWithoutABroker() async throws {
        try await PrivateBroker.with { broker in
            try await Stack.with(brokerURL: broker.url) { stack in
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
                try await broker.kill()
                func status(_ name: String) async throws -> Int {
                    try await stack.platform.status("http://127.0.0.1:\(stack.ports.admin[name] ?? 0)/readyz")
                }
                try await eventually(within: .seconds(30), "the workers see that the broker is away") {
                    for name in ["sync", "builder", "deployer", "notifier"] where try await status(name) != 503 {
                        return false
                    }
                    return true
                }
                #expect(try await status("webhook-gateway") == 200)
                #expect(try await status("pipeline") == 200)
                #expect(try await stack.platform.runs("shop/web").isEmpty)
                try await repository.push(["a": "b"])
                // Started while it is away, they are ready all the same.
                for name in ["webhook-gateway", "pipeline"] {
                    try await stack.service(name).stop()
                    try await stack.service(name).start()
                    try await eventually(within: .seconds(30), "\(name) is ready") { try await status(name) == 200 }
                }
                try await broker.start()
                try await stack.ready()
            }
        }
    }
}
