import Contracts
import HTTPClient

/// A place outside that receives events: an address that takes webhooks, a chat.
///
/// An event meets a channel in this order:
/// 1. ``takes(_:)`` is asked once, when the event comes from the broker. What a channel takes is in the outbox before the
///    broker hears that it was taken, under the channel's ``endpoint``.
/// 2. ``send(_:)`` renders it, sends it and says by the ``PostOutcome`` how the other side answered. It is asked for one
///    event of a run at a time, the oldest first, and for several runs at once. It never throws and keeps nothing: an
///    event that was not delivered is asked for again, after the same delays for every channel (``DeliveryPolicy``), for
///    some three days, also by a notifier that was started anew. So it may arrive twice: what is sent has the event's id
///    wherever the other side has a place for it.
///
/// Most channels are ``HTTPChannel``s, which render a request and recognise an answer. To add one: a folder in
/// `Channels`, and a line in ``ChannelRegistry``; where it is a chat with a JSON body, an entry in ``ChannelPreset``
/// alone.
protocol Channel: Sendable {
    /// What the outbox calls it, the same at every start.
    var endpoint: String { get }
    /// What logs and metrics call it. It says nothing of its secrets, of which the path of a chat's address is one.
    var label: String { get }

    /// Whether it receives an event.
    func takes(_ event: CloudEvent) -> Bool

    /// Tells it.
    func send(_ notification: Notification) async -> PostOutcome
}

/// A channel that is told by one HTTP request.
protocol HTTPChannel: Channel {
    var client: HTTPClient { get }

    /// The request that announces an event. What the event says is data in it, never a part of its form.
    func render(_ notification: Notification, at now: Timestamp) throws -> HTTPRequest

    /// How an answer ended that is no redirect.
    /// - Parameter body: its first 64 KiB.
    func recognise(_ response: HTTPResponse, _ body: [UInt8]) -> PostOutcome
}

extension HTTPChannel {
    func send(_ notification: Notification) async -> PostOutcome {
        let request: HTTPRequest
        do {
            request = try render(notification, at: .now)
        } catch {
            return .failed("it cannot be rendered: \(error)")
        }
        do throws(HTTPClientError) {
            let response = try await client.send(request)
            var body: [UInt8] = []
            // An answer that goes on and on says no more than its status.
            do throws(HTTPClientError) {
                body = try await response.body.collect(upTo: 64 * 1024)
            } catch {
                guard error.code == .tooLarge else { throw error }
            }
            if (300...399).contains(response.status), let location = response.headers["Location"] {
                return .redirected(status: response.status, place: Outlet.place(ofRedirect: location))
            }
            return recognise(response, body)
        } catch {
            return .failed(error.description)
        }
    }

    /// By the status alone.
    func recognise(_ response: HTTPResponse, _ body: [UInt8]) -> PostOutcome {
        .answered(
            status: response.status,
            retryAfter: response.headers.retryAfter(now: Timestamp.now.milliseconds / 1000)?.components.seconds)
    }
}
