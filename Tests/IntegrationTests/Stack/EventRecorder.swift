import Contracts
import FoundationEssentials
import Hummingbird
import NIOCore
import Synchronization
import TestSupport

/// Whoever receives events, for as long as it is served.
final class EventRecorder: Sendable {
    private let events = Mutex<[CloudEvent]>([])

    /// In the order in which they came.
    var told: [CloudEvent] { events.withLock { $0 } }

    func serve(on port: Int, _ body: @Sendable @escaping () async throws -> Void) async throws {
        let router = Router(context: PeerContext.self)
        router.post("told") { request, _ in
            let event = try Wire.decode(
                CloudEvent.self, from: Data(Array(buffer: try await request.body.collect(upTo: 1 << 20))))
            self.events.withLock { $0.append(event) }
            return Response(status: .noContent)
        }
        try await WebServer.with(router, port: port) { _ in try await body() }
    }
}
