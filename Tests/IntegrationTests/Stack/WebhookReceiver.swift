import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Secrets
import Synchronization
import TestSupport

/// Whoever receives what happens: a web server that takes the notifier's posts, if their signature is right.
final class WebhookReceiver: Sendable {
    private let taken = Mutex<[CloudEvent]>([])
    private let problems = Mutex<[String]>([])
    private let verifier: StandardWebhook

    private init(_ verifier: StandardWebhook) { self.verifier = verifier }

    /// Runs `body` with a receiver and the notifier's settings that make it post there.
    static func with(
        _ body: @Sendable @escaping (WebhookReceiver, [String: String]) async throws -> Void
    ) async throws {
        let secret = "whsec_\(Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString())"
        let receiver = WebhookReceiver(try StandardWebhook(secret: secret))
        let router = Router(context: PeerContext.self)
        router.post("/told") { request, _ in
            receiver.take(request.headers, Array(buffer: try await request.body.collect(upTo: 1 << 20)))
        }
        try await WebServer.with(router) { server in
            try await body(receiver, ["SLIPWAY_WEBHOOK_URL": "\(server.url)/told", "SLIPWAY_WEBHOOK_SECRET": secret])
        }
    }

    /// What was told, in the order in which it came.
    var events: [CloudEvent] { taken.withLock { $0 } }

    /// Why posts were refused.
    var refusals: [String] { problems.withLock { $0 } }

    private func take(_ headers: HTTPFields, _ body: [UInt8]) -> HTTPResponse.Status {
        func header(_ name: String) -> String { HTTPField.Name(name).flatMap { headers[$0] } ?? "" }
        do {
            try verifier.verify(
                id: header("webhook-id"), timestamp: header("webhook-timestamp"),
                signatures: header("webhook-signature"), body: body, now: Timestamp.now.milliseconds / 1000)
            guard header("content-type") == CloudEvent.contentType else {
                throw TestFailure("its content type is \(header("content-type"))")
            }
            let event = try Wire.decode(CloudEvent.self, from: Data(body))
            guard header("webhook-id") == event.id.rawValue else {
                throw TestFailure("webhook-id is \(header("webhook-id")), the event's \(event.id)")
            }
            taken.withLock { $0.append(event) }
            return .noContent
        } catch {
            problems.withLock { $0.append("\(error): \(String(decoding: body, as: UTF8.self))") }
            return .badRequest
        }
    }
}
