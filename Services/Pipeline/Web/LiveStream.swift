import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events to one page. It pulls: after every wake it is asked what is new, so that a slow page gets fewer
/// and larger steps and nothing piles up for it.
struct LiveStream: Sendable {
    struct Event: Sendable {
        var name: String
        var data: String
        /// Where a page that comes back goes on; sent back by the browser.
        var id: String?

        /// The event as bytes of the stream (WHATWG HTML 9.2.6).
        var text: String {
            var text = "event: \(name)\n"
            if let id { text += "id: \(id)\n" }
            for line in data.split(separator: "\n", omittingEmptySubsequences: false) { text += "data: \(line)\n" }
            return text + "\n"
        }
    }

    /// What is new since the last call; `nil` once there will be nothing any more.
    typealias Next = @Sendable () async throws -> [Event]?

    /// - Parameter pause: the least time between two steps.
    static func response(_ changes: any WebChanges, pause: Duration, next: @escaping Next) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .contentTypeOptions: "nosniff"],
            body: .init { writer in
                let (wakes, alarm) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(1))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await _ in changes.wakes.cancelOnGracefulShutdown() { alarm.yield(.changed) }
                        alarm.finish()
                    }
                    // Proxies and browsers give up on a connection that is silent; a write also finds out that the
                    // page is gone.
                    group.addTask {
                        while true {
                            try await Task.sleep(for: .seconds(15))
                            alarm.yield(.silence)
                        }
                    }
                    defer {
                        group.cancelAll()
                        changes.end()
                    }
                    // The first step needs no wake: the page is as old as its own way here.
                    var events = try await next()
                    if let events { try await writer.write(Self.buffer(events)) }
                    for await wake in wakes where events != nil {
                        if wake == .silence { try await writer.write(ByteBuffer(string: ": here\n\n")) }
                        events = try await next()
                        guard let new = events else { break }
                        if !new.isEmpty { try await writer.write(Self.buffer(new)) }
                        try await Task.sleep(for: pause)
                    }
                    if events == nil { try await writer.write(ByteBuffer(string: "event: end\ndata:\n\n")) }
                }
                try await writer.finish(nil)
            })
    }

    private enum Wake: Sendable { case changed, silence }

    private static func buffer(_ events: [Event]) -> ByteBuffer { ByteBuffer(string: events.map(\.text).joined()) }
}
