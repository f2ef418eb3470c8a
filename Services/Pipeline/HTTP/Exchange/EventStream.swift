import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events (WHATWG HTML 9.2) to one reader. It pulls: after every wake it is asked what is new, so that a slow
/// reader gets fewer and larger steps and nothing piles up for it.
///
/// A stream ends when there will be nothing any more, as soon as its reader is gone or signed in no more, and when the
/// service shuts down. A comment now and then keeps what is between the two from giving up an idle connection.
enum EventStream {
    struct Event: Sendable, Equatable {
        var name: String?
        var data: String
        /// Where a reader that comes back goes on; sent back by the browser.
        var id: String?

        /// An event whose data is JSON.
        init(_ value: some Encodable, name: String? = nil, id: String? = nil) throws {
            self.init(name: name, data: String(decoding: try Wire.encode(value), as: UTF8.self), id: id)
        }

        init(name: String?, data: String, id: String? = nil) {
            self.name = name
            self.data = data
            self.id = id
        }

        /// The event as text of the stream.
        var text: String {
            var text = name.map { "event: \($0)\n" } ?? ""
            if let id { text += "id: \(id)\n" }
            for line in data.split(separator: "\n", omittingEmptySubsequences: false) { text += "data: \(line)\n" }
            return text + "\n"
        }
    }

    static let heartbeat = Duration.seconds(15)

    /// Answers with a stream of events.
    /// - Parameters:
    ///   - watch: says when there may be something new; it is ended with the stream.
    ///   - pause: the least time between two steps.
    ///   - farewell: sent when there will be nothing any more, for readers that would come back.
    ///   - isAdmitted: asked at each heartbeat whether the reader may still read; `false` ends the stream.
    ///   - next: what is new since it was last asked; empty where nothing is. `nil` ends the stream.
    static func response(
        to request: Request, _ watch: RunChanges.Watch, pause: Duration = .zero, farewell: Event? = nil,
        while isAdmitted: @escaping @Sendable () async throws -> Bool,
        next: @escaping @Sendable () async throws -> [Event]?
    ) -> Response {
        let body = ResponseBody { writer in
            let output = writer
            defer { watch.end() }
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await withGracefulShutdownHandler {
                    try await write(to: output, watch, pause, farewell, isAdmitted, next)
                } onGracefulShutdown: {
                    watch.end()
                }
            } onInboundClosed: {
                watch.end()
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ], body: body)
    }

    private static func write(
        to writer: any ResponseBodyWriter, _ watch: RunChanges.Watch, _ pause: Duration, _ farewell: Event?,
        _ isAdmitted: @Sendable () async throws -> Bool, _ next: @Sendable () async throws -> [Event]?
    ) async throws {
        var writer = writer
        // The head goes out now, whenever the first event comes.
        try await writer.write(ByteBuffer(string: ": slipway\n\n"))
        let beat = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: heartbeat)
                watch.nudge()
            }
        }
        defer { beat.cancel() }
        var wakes = watch.wakes.makeAsyncIterator()
        // The first step needs no wake: what the reader knows is as old as its own way here.
        var isFirst = true
        var asked = ContinuousClock.now
        var told = ContinuousClock.now
        repeat {
            var isSilent = true
            while true {
                // Half of it, so that a heartbeat that comes a moment early counts.
                if .now - asked > heartbeat / 2 {
                    guard try await isAdmitted() else { return }
                    asked = .now
                }
                guard let events = try await next() else {
                    if let farewell { try await writer.write(ByteBuffer(string: farewell.text)) }
                    return
                }
                if events.isEmpty { break }
                isSilent = false
                told = .now
                try await writer.write(ByteBuffer(string: events.map(\.text).joined()))
                if pause > .zero { try await Task.sleep(for: pause) }
            }
            // Not with every wake: one for what the reader may not see tells nothing.
            if isSilent, !isFirst, .now - told > heartbeat / 2 {
                told = .now
                try await writer.write(ByteBuffer(string: ": still here\n\n"))
            }
            isFirst = false
        } while await wakes.next() != nil
    }
}
