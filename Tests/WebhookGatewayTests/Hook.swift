import AMQP
import Contracts
import Crypto
import FoundationEssentials
import Logging
import Messaging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Secrets
import Synchronization
import TestSupport
import Testing
import WebServer

@testable import WebhookGateway

/// A hook as GitLab sends it, with what a test changes.
struct Hook {
    static let key = SigningKey(bytes: Array("0123456789abcdef0123456789abcdef".utf8))
    static let sha = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7"
    static let before = "95790bf891e76fee5e1747ab589903a6a1f80f22"
    static let zero = String(repeating: "0", count: 40)

    /// The secret of shop/web as a signing secret.
    static let signingSecret =
        "whsec_"
        + Data(HookToken(key: key).token(for: RepositoryPath(rawValue: "shop/web")).utf8).base64EncodedString()

    var members: [String: JSONValue] = [
        "object_kind": "push", "event_name": "push", "before": .string(before), "after": .string(sha),
        "ref": "refs/heads/main", "ref_protected": true, "checkout_sha": .string(sha), "message": .null,
        "user_id": 4, "user_name": "Ada “the” Lovelace", "user_username": "ada",
        "user_avatar": "https://git.example/ada.png", "user_email": "[REDACTED]",
        "project_id": 15,
        "project": [
            "id": 15, "name": "Web", "description": "{\"not\": \"json\"} [", "web_url": "https://git.example/shop/web",
            "git_ssh_url": "git@git.example:shop/web.git", "git_http_url": "https://git.example/shop/web.git",
            "path_with_namespace": "shop/web", "default_branch": "main", "namespace": "shop", "visibility_level": 10,
        ],
        "commits": [
            [
                "id": .string(sha), "message": "Sell more\n\n\\\"quoted\\\" 🚢", "author": ["name": "Ada"],
                "added": ["a \"file\".txt"], "modified": [], "removed": [],
                "project": ["path_with_namespace": "evil/one"],
            ]
        ],
        "total_commits_count": 1, "push_options": [:], "repository": ["name": "Web", "visibility_level": 0],
    ]
    var headers: HTTPHeaders = [
        "Content-Type": "application/json", "X-Gitlab-Event": "Push Hook",
        GitLab.Header.idempotencyKey: "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
        GitLab.Header.token: HookToken(key: key).token(for: RepositoryPath(rawValue: "shop/web")),
    ]

    var body: [UInt8] {
        get throws { Array(try Wire.encode(JSONValue.object(members))) }
    }

    static func tag() -> Hook {
        var hook = Hook()
        hook.members["object_kind"] = "tag_push"
        hook.members["event_name"] = "tag_push"
        hook.members["ref"] = "refs/tags/v1.2"
        hook.members["before"] = .string(zero)
        hook.members["after"] = "1111111111111111111111111111111111111111"
        return hook
    }

    /// The same, signed instead of with a token.
    func signed(secret: String, id: String = "msg-1", at seconds: Int64? = nil, prefix: String = "") throws -> Hook {
        var hook = self
        hook.headers[one: GitLab.Header.token] = nil
        let timestamp = seconds ?? Timestamp.now.milliseconds / 1000
        hook.headers[one: StandardWebhook.Header.id] = id
        hook.headers[one: StandardWebhook.Header.timestamp] = "\(timestamp)"
        hook.headers[one: StandardWebhook.Header.signature] =
            prefix + (try StandardWebhook(secret: secret).sign(id: id, timestamp: timestamp, body: try body))
        return hook
    }

    mutating func set(_ value: JSONValue?, in object: String, _ member: String) {
        guard case .object(var members)? = self.members[object] else { return }
        members[member] = value
        self.members[object] = .object(members)
    }
}

/// One thing that is different in a hook.
struct Change: Sendable, CustomTestStringConvertible {
    let name: String
    let apply: @Sendable (inout Hook) -> Void

    init(_ name: String, _ apply: @escaping @Sendable (inout Hook) -> Void) {
        self.name = name
        self.apply = apply
    }

    var testDescription: String { name }
}

/// A broker that takes what it is told to take, and what it took.
final class Broker: Sendable {
    static let away = AMQPError(.unreachable, "the broker is away")

    private struct State {
        var isAway = false
        var isHolding = false
        var taken: [PreparedMessage] = []
        var unconfirmed: [AMQP.Publication.Done] = []
    }

    private let state = Mutex(State())

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }
    /// Whether it confirms what it takes only when it is told to.
    var isHolding: Bool {
        get { state.withLock { $0.isHolding } }
        set { state.withLock { $0.isHolding = newValue } }
    }
    var taken: [PreparedMessage] { state.withLock { $0.taken } }

    func take(_ message: PreparedMessage) throws(AMQPError) {
        let isAway = state.withLock { state in
            if !state.isAway { state.taken.append(message) }
            return state.isAway
        }
        if isAway { throw Self.away }
    }

    /// Confirms all it holds.
    func confirm() {
        let held = state.withLock { state in
            defer { state.unconfirmed = [] }
            return state.unconfirmed
        }
        for done in held { done(.success(())) }
    }

    var publish: Intake.Publish {
        { [self] message, done in
            do throws(AMQPError) {
                try take(message)
                let holds = state.withLock { state in
                    if state.isHolding { state.unconfirmed.append(done) }
                    return state.isHolding
                }
                if !holds { done(.success(())) }
            } catch {
                done(.failure(error))
            }
        }
    }

    func pushes() throws -> [PushReceived] {
        try taken.map { try Wire.decode(PushReceived.self, from: Data($0.body.utf8)) }
    }
}

/// The gateway without its sockets.
struct Gateway {
    let broker = Broker()
    var groups = GroupSecrets()
    var signed = SignedRepositories()
    /// Instead of those of ``groups`` and ``signed``.
    var secrets: HookSecrets?
    var spool: Spool?
    var limit = 1 << 20
    var proxies = TrustedProxies.none
    /// What the platform answers who asks for whose secret a hook has; without it, it is away.
    var inquiry: HookInquiryReply?
    var budget = InquiryBudget()
    let lines = LogLines()

    func post(
        _ hook: Hook, body: [UInt8]? = nil, to path: String = "/hooks/gitlab"
    ) async throws -> GatewayAnswer {
        let connection = try await connect()
        return try await connection.send(.POST, path, hook.headers, body ?? hook.body)
    }

    func post(_ hook: HubHook, to path: String? = nil) async throws -> GatewayAnswer {
        let connection = try await connect()
        return try await connection.send(.POST, path ?? hook.forge.hookPath, hook.headers, hook.body)
    }

    var routes: HookRoutes {
        let logger = lines.logger
        return HookRoutes(
            forges: ForgeRegistry.all(
                secrets ?? HookSecrets(token: HookToken(key: Hook.key), groups: groups, signed: signed)),
            intake: Intake(publish: broker.publish, spool: spool, logger: logger),
            inquiries: HookInquiries(groups: groups, budget: budget) { [inquiry] _ in
                guard let inquiry else { throw Broker.away }
                return inquiry
            }, bodies: BodyLimit(bytes: limit), proxies: proxies, logger: logger)
    }

    /// - Parameter peer: the other end.
    func connect(from peer: String? = nil) async throws -> GatewayConnection {
        let routes = routes
        let channel = try await NIOAsyncTestingChannel { channel in
            try channel.pipeline.syncOperations.addHandler(HookConnection(routes: routes, places: ConnectionPlaces()))
        }
        if let peer {
            channel.remoteAddress = try SocketAddress(ipAddress: peer, port: 4711)
            channel.pipeline.fireChannelActive()
        }
        return GatewayConnection(channel: channel)
    }
}

struct GatewayAnswer {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: JSONValue
}

/// A connection to the gateway, from where HTTP was read to where it is written.
struct GatewayConnection {
    let channel: NIOAsyncTestingChannel

    /// Sends a request, its body in pieces.
    func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: [UInt8], announced: Bool = false
    ) async throws -> GatewayAnswer {
        var request = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        if announced { request.headers[one: "Content-Length"] = "\(body.count)" }
        try await channel.writeInbound(HTTPServerRequestPart.head(request))
        for start in stride(from: 0, to: body.count, by: 16_384) {
            let piece = ByteBuffer(bytes: body[start..<min(body.count, start + 16_384)])
            try await channel.writeInbound(HTTPServerRequestPart.body(piece))
        }
        try await channel.writeInbound(HTTPServerRequestPart.end(nil))
        return try Self.read(try await channel.waitForOutboundWrite(as: ByteBuffer.self), as: request)
    }

    /// Reads an answer as a client does.
    private static func read(_ response: ByteBuffer, as request: HTTPRequestHead) throws -> GatewayAnswer {
        let client = EmbeddedChannel(handlers: [ByteToMessageHandler(HTTPResponseDecoder())])
        try client.writeOutbound(HTTPClientRequestPart.head(request))
        try client.writeInbound(response)
        var answer: GatewayAnswer?
        var isWhole = false
        while let part = try client.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head): answer = GatewayAnswer(status: head.status, headers: head.headers, body: .null)
            case .body(let body): answer?.body = try Wire.decode(JSONValue.self, from: Data(body.readableBytesView))
            case .end: isWhole = true
            }
        }
        try #require(isWhole, "half an answer: \(String(buffer: response))")
        return try #require(answer)
    }

    var isOpen: Bool {
        get async throws {
            await channel.testingEventLoop.run()
            return channel.isActive
        }
    }
}

extension HTTPHeaders {
    /// The only value of a header.
    subscript(one name: String) -> String? {
        get { first(name: name) }
        set {
            if let newValue { replaceOrAdd(name: name, value: newValue) } else { remove(name: name) }
        }
    }
}
