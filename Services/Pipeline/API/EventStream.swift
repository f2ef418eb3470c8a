import Contracts
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events. A stream ends when its reader leaves and when the service shuts down; a comment now and then
/// keeps what is between them from giving up an idle connection.
enum EventStream {
    static let heartbeat = Duration.seconds(15)

    /// Answers with a stream of events.
    /// - Parameters:
    ///   - wakes: has an element when there may be something new.
    ///   - next: what is new; empty where nothing is. `nil` ends the stream.
    static func response(
        to request: Request, wakes: AsyncStream<Void>, nudge: @escaping @Sendable () -> Void,
        end: @escaping @Sendable () -> Void, next: @escaping @Sendable () async throws -> [String]?
    ) -> Response {
        let body = ResponseBody { writer in
            let output = writer
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withGracefulShutdownHandler {
                    try await stream(to: output, wakes: wakes, nudge: nudge, next: next)
                } onGracefulShutdown: {
                    end()
                }
            } onInboundClosed: {
                end()
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"], body: body)
    }

    private static func stream(
        to writer: any ResponseBodyWriter, wakes: AsyncStream<Void>, nudge: @escaping @Sendable () -> Void,
        next: @Sendable () async throws -> [String]?
    ) async throws {
        var writer = writer
        try await writer.write(ByteBuffer(string: ": slipway\n\n"))
        let beat = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: heartbeat)
                nudge()
            }
        }
        defer { beat.cancel() }
        var iterator = wakes.makeAsyncIterator()
        var isFirst = true
        while true {
            if !isFirst, await iterator.next() == nil { return }
            var told = false
            while true {
                guard let events = try await next() else { return }
                if events.isEmpty { break }
                told = true
                try await writer.write(ByteBuffer(string: events.joined()))
            }
            if !told, !isFirst { try await writer.write(ByteBuffer(string: ": still here\n\n")) }
            isFirst = false
        }
    }

    /// One event whose data is JSON.
    static func event(_ value: some Encodable, name: String? = nil) throws -> String {
        let json = String(decoding: try Wire.encode(value), as: UTF8.self)
        return (name.map { "event: \($0)\n" } ?? "") + "data: \(json)\n\n"
    }
}
