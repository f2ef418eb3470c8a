import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What outsiders learn of what happens: by the notifier's posts and from the exchange itself.
@Suite struct EventsTests {
    /// Refuses the first event of a run once, with a date to come again at.
    private final class Receiver: Sendable {
        private let state = Mutex((refused: Set<String>(), told: [CloudEvent]()))

        var told: [CloudEvent] { state.withLock { $0.told } }

        func take(_ event: CloudEvent) -> Response {
            let isRefused = state.withLock { state in
                if event.type.contains("pipelinerun.queued"), state.refused.insert(event.id.rawValue).inserted {
                    return true
                }
                state.told.append(event)
                return false
            }
            guard isRefused else { return Response(status: .noContent) }
            return Response(status: .serviceUnavailable, headers: [.retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT"])
        }
    }

    @Test func postsKeepTheOrderOfARun() async throws {
        let receiver = Receiver()
        let router = Router(context: PeerContext.self)
        router.post("told") { request, _ in
            let body = Data(Array(buffer: try await request.body.collect(upTo: 1 << 20)))
            return receiver.take(try Wire.decode(CloudEvent.self, from: body))
        }
        router.post("moved") { _, _ in
            Response(status: .permanentRedirect, headers: [.location: "https://new.example/hook?token=s3cret"])
        }
        try await WebServer.with(router) { server in
            let settings = [
                "SLIPWAY_WEBHOOK_URLS": "\(server.url)/told,\(server.url)/moved",
                "SLIPWAY_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            ]
            try await Stack.with(settings: ["notifier": settings]) { stack in
                let (repository, commit) = try await pushed(stack)
                let run = try await stack.platform.finishedRun(repository.path, commit: commit).summary.id
                func ofRun() -> [String] {
                    receiver.told.filter { $0.data.context.chainId == run.rawValue }.map(\.type)
                        .filter { $0.contains("pipelinerun") }
                }
                try await eventually(within: .seconds(60), "the end of the run is told") {
                    ofRun().contains { $0.contains("finished") }
                }
                #expect(ofRun().map { String($0.split(separator: ".")[3]) } == ["queued", "started", "finished"])
                let notifier = try stack.service("notifier")
                try await eventually(within: .seconds(30), "the redirect is named") {
                    await notifier.tail(400).contains("a redirect to https://new.example;")
                }
                #expect(await notifier.tail(400).contains("s3cret") == false)
                let metrics = try await runTool(
                    "curl", ["-sS", "http://127.0.0.1:\(stack.ports.admin["notifier"] ?? 0)/metrics"])
                let host = server.url.dropFirst("http://".count)
                #expect(metrics.contains("slipway_notifications_waiting{address=\"\(host) (2)\"}"), "\(metrics)")
                #expect(
                    metrics.contains(
                        "slipway_notification_posts_total{address=\"\(host)\",outcome=\"delivered\"}"), "\(metrics)")
                #expect(
                    metrics.contains("slipway_notification_posts_total{address=\"\(host)\",outcome=\"failed\"} "),
                    "\(metrics)")
            }
        }
    }

    /// An address that answered 410 Gone is told nothing, also by a notifier that starts anew, until it is switched on.
    @Test func anAddressThatIsGoneIsSwitchedOnAgain() async throws {
        let state = Mutex((isGone: true, asked: 0, told: [RunID]()))
        let router = Router(context: PeerContext.self)
        router.post("told") { request, _ in
            let body = Data(Array(buffer: try await request.body.collect(upTo: 1 << 20)))
            let event = try Wire.decode(CloudEvent.self, from: body)
            return state.withLock { state in
                state.asked += 1
                if state.isGone { return Response(status: .gone) }
                if let run = event.data.context.chainId { state.told.append(RunID(rawValue: run)) }
                return Response(status: .noContent)
            }
        }
        try await WebServer.with(router) { server in
            let settings = [
                "SLIPWAY_WEBHOOK_URLS": "\(server.url)/told",
                "SLIPWAY_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            ]
            try await Stack.with(settings: ["notifier": settings]) { stack in
                let notifier = try stack.service("notifier")
                let (repository, commit) = try await pushed(stack)
                _ = try await stack.platform.finishedRun(repository.path, commit: commit)
                try await eventually(within: .seconds(30), "what to do is in the log") {
                    await notifier.tail(400).contains("SLIPWAY_WEBHOOK_ENABLE")
                }
                let asked = state.withLock { state in
                    state.isGone = false
                    return state.asked
                }
                try await notifier.stop()
                try await notifier.start()
                try await stack.ready()
                let missed = try await stack.platform.finishedRun(
                    repository.path, commit: try await repository.push(["a": "1"]))
                #expect(missed.summary.state == .success)
                // As long as a post would take by far.
                try await Task.sleep(for: .seconds(2))
                #expect(state.withLock { $0.asked } == asked)

                try await notifier.stop()
                let enabled = await notifier.replica(
                    ["SLIPWAY_WEBHOOK_ENABLE": "\(server.url)/told"], log: stack.directory.appending("enabled.log"))
                try await enabled.start()
                do {
                    try await stack.ready()
                    let run = try await stack.platform.finishedRun(
                        repository.path, commit: try await repository.push(["a": "2"])
                    ).summary.id
                    try await eventually(within: .seconds(30), "it is told again") {
                        state.withLock { $0.told.contains(run) }
                    }
                    // What happened meanwhile is not told later.
                    #expect(state.withLock { !$0.told.contains(missed.summary.id) })
                } catch {
                    try await enabled.stop()
                    throw error
                }
                try await enabled.stop()
            }
        }
    }

    /// A chat that refuses its first message with a good status receives the run's end, and nothing else.
    @Test func aChatHearsHowARunEnded() async throws {
        let heard = Mutex<[String]>([])
        let router = Router(context: PeerContext.self)
        router.post("send") { request, _ in
            let body = Data(Array(buffer: try await request.body.collect(upTo: 1 << 20)))
            let text = try Wire.decode(JSONValue.self, from: body)["text"]?["content"]?.string ?? ""
            let code = heard.withLock { heard in
                heard.append(text)
                return heard.count == 1 ? 45_009 : 0
            }
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: "{\"errcode\":\(code)}")))
        }
        try await WebServer.with(router) { server in
            let channels = #"[{"name":"chat","preset":"wecom","url":"\#(server.url)/send?key=s3cret"}]"#
            try await Stack.with(settings: ["notifier": ["SLIPWAY_CHANNELS": channels]]) { stack in
                let (repository, commit) = try await pushed(stack)
                let run = try await stack.platform.finishedRun(repository.path, commit: commit).summary
                try await eventually(within: .seconds(60), "the chat is told again") {
                    heard.withLock { $0.count } >= 2
                }
                let texts = heard.withLock { $0 }
                #expect(texts.count == 2 && Set(texts).count == 1, "\(texts)")
                #expect(texts[0].hasPrefix("✔ shop/web #\(run.number) succeeded\nmain, Change, by ada\n"), "\(texts)")
                #expect(texts[0].hasSuffix("/runs/\(run.id)"), "\(texts)")
                let log = await (try stack.service("notifier")).tail(400)
                #expect(log.contains("45009"), "\(log)")
                #expect(!log.contains("s3cret"), "\(log)")
            }
        }
    }

    /// The example of README.md, as an outsider would run it, with a user that has the permissions named there.
    @Test func exampleOfTheReadme() async throws {
        let readme = try String(
            contentsOf: URL(filePath: SourceTree.root.appending("README.md").string), encoding: .utf8)
        let blocks = readme.split(separator: "```python\n").dropFirst().compactMap { $0.split(separator: "```").first }
        let example = String(try #require(blocks.first { $0.contains("pika") }))
        #expect(example.split(separator: "\n", omittingEmptySubsequences: false).count <= 21)
        let permissions = try #require(readme.split(separator: "\n").first { $0.contains("set_permissions reader") })
        let patterns = permissions.split(separator: "'").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(patterns.count == 3)
        try await VirtualHost.with { host in
            try await withReader(of: host, permissions: patterns.map(String.init)) { address in
                try await watch(with: example, as: address, host)
            }
        }
    }

    /// A user of RabbitMQ with these permissions to configure, write and read, for the time of `body`.
    private func withReader(
        of host: VirtualHost, permissions: [String], _ body: (_ url: String) async throws -> Void
    ) async throws {
        let name = "reader-\(host.name)"
        let granted = Dictionary(zip(["configure", "write", "read"], permissions)) { first, _ in first }
        try await host.management.send("PUT", "/api/users/\(name)", body: #"{"password": "read", "tags": ""}"#)
        do {
            try await host.management.send(
                "PUT", "/api/permissions/\(host.name)/\(name)",
                body: String(decoding: try Wire.encode(granted), as: UTF8.self))
            try await body(host.url.split(separator: "@").last.map { "amqp://\(name):read@\($0)" } ?? "")
            try await host.management.send("DELETE", "/api/users/\(name)")
        } catch {
            // What the test threw says more than that the user could not be removed.
            _ = try? await host.management.send("DELETE", "/api/users/\(name)")
            throw error
        }
    }

    private func watch(with example: String, as address: String, _ host: VirtualHost) async throws {
        try await Stack.with(brokerURL: host.url) { stack in
            let folder = stack.directory
            try writeFile(folder.appending("watch.py"), example)
            let script = """
                cd '\(folder)'; echo $$ > watch.pid
                SLIPWAY_BROKER_URL='\(address)' exec timeout 120 /usr/bin/python3 watch.py > watch.log 2>&1
                """
            async let watching = runTool("sh", ["-c", "sh -c \"$1\" || true", "sh", script])
            try await eventually(within: .seconds(30), "the outsider's queue is bound") {
                try await host.management.send("GET", "/api/exchanges/\(host.name)/cdevents/bindings/source")
                    .contains("amq.gen")
            }
            let (repository, commit) = try await pushed(stack)
            let run = try await stack.platform.finishedRun(repository.path, commit: commit).summary.id
            try await eventually(within: .seconds(30), "the outsider has read the end of the run") {
                try await runTool("cat", [folder.appending("watch.log").string]).split(separator: "\n").contains {
                    $0.contains("pipelinerun.finished") && $0.contains(run.rawValue) && $0.hasSuffix(" success")
                }
            }
            try await runTool("sh", ["-c", "kill $(cat '\(folder.appending("watch.pid"))')"])
            _ = try await watching
        }
    }

    private func pushed(_ stack: Stack) async throws -> (SampleRepository, commit: String) {
        let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
        let commit = try await repository.push([
            ".slipway.yml": "name: web\nsteps:\n  - {\"step\": \"ok\", \"commands\": [\"echo fine\"]}\n"
        ])
        return (repository, commit)
    }
}
