import Contracts
import Crypto
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Logging
import Secrets
import TestSupport
import Testing
import Text

@testable import Notifier

@Suite("Chats and other channels with their own body")
struct TemplatedChannelTests {
    private static let run = RunID(rawValue: "r1")
    /// What a commit's message may say to get out of its string, or to call everyone.
    private static let hostile =
        #"{{secret}} {{{text}}} "quoted" \ {{#a}} <!channel> <at user_id="all"></at> & ","evil":"1"# + "\u{7}\tü🚢"
        // It joins what comes after it.
        + "\u{600}<!here>"

    private func finished(
        _ outcome: EventOutcome = .failure, message: String = hostile, errors: String? = "step “test” failed\nwith 2"
    ) -> CloudEvent {
        .pipelineRunFinished(
            Self.run, pipeline: "main", outcome: outcome, errors: errors, uri: "https://slipway.example/runs/r1",
            origin: EventOrigin(
                service: "pipeline", run: Self.run, id: MessageID(rawValue: "r1.finished"),
                customData: [
                    "repository": "shop/web", "number": 12, "branch": "main", "sender": "ada",
                    "message": .string(message + "\n\nMore"),
                ]))
    }

    private func notification(_ event: CloudEvent) throws -> Notification {
        Notification(
            row: 1, event: event.id, endpoint: "channel:ops", chain: nil, body: Array(try Wire.encode(event)),
            attempts: 0)
    }

    /// A channel as the document has it, with its secret in a file.
    private func channel(_ members: [String: JSONValue], secret: String? = nil) throws -> TemplatedChannel {
        var members = members
        members["name"] = members["name"] ?? "ops"
        let path = "/tmp/slipway-channel-\(UInt64.random(in: 0 ... .max))"
        if let secret {
            try Data("\(secret)\n".utf8).write(to: URL(filePath: path))
            members["secret_file"] = .string(path)
        }
        defer { if secret != nil { try? FileManager.default.removeItem(atPath: path) } }
        let document = String(decoding: try Wire.encode(JSONValue.array([.object(members)])), as: UTF8.self)
        let specification = try #require(try ChannelDocument.read(document).first)
        return TemplatedChannel(specification: specification, client: HTTPClient(logger: Logger(label: "test")))
    }

    private func hmac(_ key: String, _ text: String) -> String {
        Data(
            HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: Data(key.utf8)))
                .withUnsafeBytes(Array.init)
        ).base64EncodedString()
    }

    // MARK: Chats

    @Test("Slack: a text that calls nobody, and an answer that is ok or a word")
    func slack() async throws {
        try await Chat.with { chat, url in
            let channel = try channel(["preset": "slack", "url": .string("\(url)/services/T0/B0/secret-part")])
            let event = try notification(finished())
            #expect(await channel.send(event) == .answered(status: 200, retryAfter: nil))
            let post = try #require(chat.posts.first)
            #expect(post.path == "/services/T0/B0/secret-part")
            #expect(post.headers[.contentType] == "application/json; charset=utf-8")
            guard case .object(let members) = try post.json else {
                Issue.record("no object")
                return
            }
            #expect(members.keys.sorted() == ["text"])
            let escapes: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;"]
            let escaped = Self.hostile.unicodeScalars.map { escapes[$0] ?? String($0) }.joined()
            #expect(
                members["text"]?.string == """
                    ✘ shop/web #12 failed
                    main, \(escaped), by ada
                    step “test” failed
                    with 2
                    https://slipway.example/runs/r1
                    """)
            chat.answers(.ok, "no_text")
            #expect(await channel.send(event) == .refused(status: 200, "“no_text”"))
            chat.answers(.notFound, "no_service")
            #expect(await channel.send(event) == .refused(status: 404, "“no_service”"))
            chat.answers(.gone, "channel_is_archived")
            #expect(DeliveryPolicy.decide(afterAttempt: 1, await channel.send(event), jitter: 0) == .disable)
        }
    }

    @Test("DingTalk: its signature in the address, and 200 with an errcode")
    func dingtalk() async throws {
        try await Chat.with(.ok, #"{"errcode":0,"errmsg":"ok"}"#) { chat, url in
            let channel = try channel(
                ["preset": "dingtalk", "url": .string("\(url)/robot/send?access_token=0123456789abcdef")],
                secret: "SEC-secret")
            let event = try notification(finished())
            #expect(await channel.send(event) == .answered(status: 200, retryAfter: nil))
            let post = try #require(chat.posts.first)
            #expect(post.parameter("access_token") == "0123456789abcdef")
            let timestamp = try #require(post.parameter("timestamp"))
            #expect(abs((Int64(timestamp) ?? 0) - Timestamp.now.milliseconds) < 60_000)
            #expect(post.parameter("sign") == hmac("SEC-secret", "\(timestamp)\nSEC-secret"))
            let json = try post.json
            #expect(json["msgtype"] == "text")
            #expect(json["text"]?["content"]?.string?.contains(Self.hostile) == true)
            // What it answers may repeat what was sent.
            chat.answers(.ok, #"{"errcode":310000,"errmsg":"sign not match: SEC-secret 0123456789abcdef"}"#)
            let outcome = await channel.send(event)
            #expect(
                outcome == .refused(status: 200, "“{\"errcode\":310000,\"errmsg\":\"sign not match: ****** ******\"}”"))
            #expect(outcome.status == 200)
            #expect(outcome.remark?.contains("310000") == true)
            guard case .retry = DeliveryPolicy.decide(afterAttempt: 1, outcome, jitter: 0) else {
                Issue.record("it is not sent again")
                return
            }
        }
    }

    @Test("Feishu: its signature in the body, and 200 with a code")
    func feishu() async throws {
        try await Chat.with(.ok, #"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#) {
            chat, url in
            let event = try notification(finished())
            let address: JSONValue = .string("\(url)/open-apis/bot/v2/hook/x")
            let signed = try channel(["preset": "feishu", "url": address], secret: "feishu-secret")
            #expect(await signed.send(event) == .answered(status: 200, retryAfter: nil))
            let unsigned = try channel(["preset": "feishu", "url": address])
            #expect(await unsigned.send(event) == .answered(status: 200, retryAfter: nil))
            let json = try chat.posts.map { try $0.json }
            let timestamp = try #require(json.first?["timestamp"]?.string)
            #expect(abs((Int64(timestamp) ?? 0) - Timestamp.now.milliseconds / 1000) < 60)
            #expect(json[0]["sign"]?.string == hmac("\(timestamp)\nfeishu-secret", ""))
            #expect(json[1]["sign"] == nil && json[1]["timestamp"] == nil)
            for body in json {
                #expect(body["msg_type"] == "post")
                guard case .array(let lines)? = body["content"]?["post"]?["zh_cn"]?["content"],
                    case .array(let parts)? = lines.first, let part = parts.first
                else {
                    Issue.record("\(body)")
                    return
                }
                #expect(part["tag"] == "text")
                #expect(part["text"]?.string?.contains(Self.hostile) == true)
            }
            chat.answers(.ok, #"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#)
            guard case .refused(200, let answer) = await signed.send(event) else {
                Issue.record("taken")
                return
            }
            #expect(answer.contains("19021"))
        }
    }

    @Test("WeCom: no signature, and 200 with an errcode")
    func wecom() async throws {
        try await Chat.with(.ok, #"{"errcode":0,"errmsg":"ok"}"#) { chat, url in
            let channel = try channel(["preset": "wecom", "url": .string("\(url)/cgi-bin/webhook/send?key=k")])
            let event = try notification(finished())
            #expect(await channel.send(event) == .answered(status: 200, retryAfter: nil))
            #expect(try chat.posts.first?.json["text"]?["content"]?.string?.contains(Self.hostile) == true)
            for answer in [#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "<html>", ""] {
                chat.answers(.ok, answer)
                guard case .refused(200, _) = await channel.send(event) else {
                    Issue.record("\(answer) was taken for success")
                    continue
                }
            }
        }
    }

    // MARK: Templates

    @Test("a template of one's own: headers, signature and answer")
    func custom() async throws {
        try await Chat.with(.created, #"{"result":"fine"}"#) { chat, url in
            let channel = try channel(
                [
                    "url": .string("\(url)/hook"), "headers": ["X-Team": "shop"],
                    "template":
                        #"{"say":"{{title}}","ok":{{#errors}}false{{/errors}}{{^errors}}true{{/errors}},"n":"{{number}}"}"#,
                    "answer": ["member": "result", "is": "fine"],
                ], secret: "a-secret")
            #expect(await channel.send(try notification(finished())) == .answered(status: 201, retryAfter: nil))
            let fine = finished(.success, message: "Fine", errors: nil)
            #expect(await channel.send(try notification(fine)) == .answered(status: 201, retryAfter: nil))
            let posts = chat.posts
            #expect(try posts[0].json == ["say": .string(Self.hostile), "ok": false, "n": "12"])
            #expect(try posts[1].json == ["say": "Fine", "ok": true, "n": "12"])
            for post in posts {
                let key = SymmetricKey(data: Data("a-secret".utf8))
                let signature = HMAC<SHA256>.authenticationCode(for: Data(post.body), using: key)
                #expect(
                    post.headers[try #require(HTTPField.Name("X-Signature-256"))]
                        == "sha256=\(Hex.encode(signature.withUnsafeBytes(Array.init)))")
                #expect(post.headers[try #require(HTTPField.Name("X-Team"))] == "shop")
            }
            chat.answers(.created, #"{"result":"no"}"#)
            #expect(
                await channel.send(try notification(fine)) == .refused(status: 201, "“{\"result\":\"no\"}”"))
        }
    }

    @Test("as a Standard Webhook, with the event's id")
    func standard() async throws {
        try await Chat.with { chat, url in
            let secret = "whsec_\(Data((0..<32).map { _ in 7 as UInt8 }).base64EncodedString())"
            let channel = try channel(
                ["url": .string("\(url)/x"), "signature": "standard", "template": #"{"a":"{{type}}"}"#], secret: secret)
            #expect(await channel.send(try notification(finished())) == .answered(status: 200, retryAfter: nil))
            let post = try #require(chat.posts.first)
            func header(_ name: String) -> String { HTTPField.Name(name).flatMap { post.headers[$0] } ?? "" }
            #expect(header("webhook-id") == "r1.finished")
            try StandardWebhook(secret: secret).verify(
                id: "r1.finished", timestamp: header("webhook-timestamp"), signatures: header("webhook-signature"),
                body: post.body, now: Timestamp.now.milliseconds / 1000)
            #expect(try post.json == ["a": "pipelinerun.finished"])
        }
    }

    @Test("a redirect is not followed, and one that is away is a reason")
    func redirects() async throws {
        try await Chat.with(.found, "") { _, url in
            let channel = try channel(["preset": "slack", "url": .string("\(url)/x")])
            #expect(await channel.send(try notification(finished())) == .refused(status: 302, "nothing"))
        }
        let away = try channel(["preset": "slack", "url": "http://127.0.0.1:9/services/secret-part"])
        guard case .failed(let reason) = await away.send(try notification(finished())) else {
            Issue.record("it was there")
            return
        }
        #expect(!reason.contains("secret-part"))
    }

    @Test("long texts are cut")
    func bounds() {
        let words = EventWords(finished(message: String(repeating: "é", count: 100_000), errors: nil))
        #expect(words.values["title"]?.count == EventWords.limit + 1)
        #expect(words.values["text"]?.count ?? 0 <= EventWords.limit + 1)
    }

    // MARK: Events

    @Test("a rollout is said in words")
    func rollouts() throws {
        let artifact = try #require(
            PackageURL(reference: "registry.example/web@sha256:\(String(repeating: "a", count: 64))"))
        for (change, verb) in [
            (CloudEvent.ServiceChange.deployed, "deployed"), (.upgraded, "upgraded"), (.rolledBack, "rolled back"),
        ] {
            let event = CloudEvent.service(
                change, "shop/deployment/web", environment: "production", artifact: artifact,
                origin: EventOrigin(service: "deployer", run: Self.run, id: MessageID(rawValue: "d")))
            let words = EventWords(event).values
            #expect(words["text"] == "shop/deployment/web in production was \(verb)\n\(artifact.text)")
            #expect(words["environment"] == "production")
        }
    }

    @Test(
        "finished runs and rollouts are told unless something else is asked for, of the repositories that are asked for"
    )
    func filters() {
        let started = CloudEvent.pipelineRunStarted(
            Self.run, pipeline: "main", uri: "u",
            origin: EventOrigin(
                service: "pipeline", run: Self.run, id: MessageID(rawValue: "s"),
                customData: ["repository": "shop/web"]))
        let build = CloudEvent.buildStarted(
            "b", origin: EventOrigin(service: "builder", run: Self.run, id: MessageID(rawValue: "b")))
        func takes(_ events: [String], _ repositories: [String] = []) -> [Bool] {
            let filter = EventFilter(events: events, repositories: repositories)
            return [finished(), started, build].map(filter.takes)
        }
        #expect(takes([]) == [true, false, false])
        #expect(takes(["*"]) == [true, true, true])
        #expect(takes(["pipelinerun.*"]) == [true, true, false])
        #expect(takes(["pipelinerun.started", "build.*"]) == [false, true, true])
        #expect(takes(["*"], ["shop/web"]) == [true, true, false])
        #expect(takes([], ["shop/*"]) == [true, false, false])
        #expect(takes([], ["sho/*", "shop/we", "web"]) == [false, false, false])
        #expect(EventFilter.standard.allSatisfy(EventFilter.known.contains))
        // Trouble is of no repository: a chat of some gets none unless it asks for it.
        let trouble = CloudEvent.trouble(
            .sickWorker, of: "b1", message: "b1 takes no jobs: no disk", id: MessageID(rawValue: "t"),
            since: Timestamp(milliseconds: 0), isOver: true, uri: "https://slipway.example", service: "pipeline",
            at: Timestamp(milliseconds: 1))
        func isTold(_ events: [String], _ repositories: [String] = []) -> Bool {
            EventFilter(events: events, repositories: repositories).takes(trouble)
        }
        #expect(isTold([]) && isTold(["slipway-trouble.*"]) && isTold(["slipway-trouble.ended"]))
        #expect(!isTold([], ["shop/*"]) && !isTold(["pipelinerun.*"]))
        #expect(EventWords(trouble).values["text"] == "✔ over: b1 takes no jobs: no disk\nhttps://slipway.example")
    }

    // MARK: The document

    @Test(
        "what is wrong is named with the channel, the value and the remedy, and no secret",
        arguments: [
            (#"{"name":"ops"}"#, "no list", "write ["), (#"[7]"#, "channel 1: it is no object", "write {"),
            ("[", "no JSON", "list of objects"), (#"[{"preset":"slack"}]"#, "channel 1: it has no name", "\"ops\""),
            (#"[{"name":"a,b"}]"#, "no name", "\"ops\""),
            (#"[{"name":"ops","preset":"slak","url":"URL"}]"#, "“ops”: “slak”", "slack, feishu, dingtalk, wecom"),
            (#"[{"name":"ops","preset":"slack"}]"#, "“ops”: it has no url", "url_file"),
            (#"[{"name":"ops","url":"URL"}]"#, "neither a preset nor a template", "{{text}}"),
            (#"[{"name":"ops","preset":"slack","url":"chat.example/secret-part"}]"#, "its url is no http", "address"),
            (#"[{"name":"ops","preset":"slack","url":"https://a:secret-part@b"}]"#, "its url is no http", "address"),
            (#"[{"name":"ops","preset":"slack","url":"URL","colour":1}]"#, "“colour” is no member", "secret_file"),
            (#"[{"name":"ops","preset":"slack","url":"URL","secret_file":"/dev/null"}]"#, "no signature", "take"),
            (#"[{"name":"ops","preset":"slack","url":"URL","signature":"md5"}]"#, "“md5”", "hmac, standard"),
            (
                #"[{"name":"ops","preset":"wecom","url":"URL","signature":"hmac"}]"#, "nothing to sign with",
                "secret_file"
            ),
            (#"[{"name":"ops","preset":"slack","url_file":"/nowhere"}]"#, "url_file /nowhere", "file it may read"),
            (#"[{"name":"ops","preset":"slack","url":"URL","events":["run.done"]}]"#, "“run.done”", "service.*"),
            (#"[{"name":"ops","preset":"slack","url":"URL","events":[]}]"#, "events", "leave it out"),
            (#"[{"name":"ops","preset":"slack","url":"URL","repositories":"a"}]"#, "repositories", "leave it out"),
            (#"[{"name":"ops","preset":"slack","url":"URL","answer":{"is":0}}]"#, "answer", "errcode"),
            (#"[{"name":"ops","preset":"slack","url":"URL","headers":{"A:":"b"}}]"#, "“A:”", "X-Name"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{{text}}}\"}"}]"#, "{{{text}}", "{{name}}"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{& text}}\"}"}]"#, "{{& text}}", "{{name}}"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{=<% %>=}}<%&text%>\"}"}]"#, "{{=<%", "{{name}}"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{> other}}\"}"}]"#, "{{> other}}", "{{name}}"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{repo}}\"}"}]"#, "{{repo}}", "repository"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{#text}}\"}"}]"#, "no mustache", "close"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":{{text}}}"}]"#, "no JSON", "quotes"),
            (#"[{"name":"ops","url":"URL","template":"{\"a\":\"{{text}}\","}]"#, "no JSON", "quotes"),
            (
                #"[{"name":"ops","preset":"slack","url":"URL"},{"name":"ops","preset":"wecom","url":"URL"}]"#,
                "its name is there twice", "its own name"
            ),
        ])
    func refused(_ document: String, _ problem: String, _ remedy: String) throws {
        let document = document.replacing("URL", with: "https://chat.example/secret-part")
        let error = try #require(throws: ChannelProblem.self) { try ChannelDocument.read(document) }
        #expect(error.problem.contains(problem), "\(error)")
        #expect(error.remedy.contains(remedy), "\(error)")
        #expect(!"\(error)".contains("secret-part"))
    }

    @Test("a template for Feishu has a place for the signature")
    func feishuTemplate() throws {
        let members: [String: JSONValue] = [
            "preset": "feishu", "url": "https://chat.example", "template": #"{"a":"{{text}}"}"#,
        ]
        _ = try channel(members)
        let error = try #require(throws: ChannelProblem.self) { try channel(members, secret: "s") }
        #expect(error.problem.contains("{{sign}}"))
        let empty = try #require(throws: ChannelProblem.self) {
            try channel(["preset": "feishu", "url": "https://chat.example"], secret: "")
        }
        #expect(empty.problem.contains("secret_file is empty"))
    }
}
