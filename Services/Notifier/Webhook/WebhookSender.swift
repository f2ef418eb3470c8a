import Contracts
import HTTPClient
import Secrets

/// Posts notifications as Standard Webhooks.
struct WebhookSender: Sendable {
    let client: HTTPClient
    let signer: StandardWebhook

    func post(_ notification: Notification) async -> PostOutcome {
        let timestamp = Timestamp.now.milliseconds / 1000
        let id = notification.event.rawValue
        var headers = HTTPHeaders()
        headers.add("Content-Type", CloudEvent.contentType)
        headers.add("webhook-id", id)
        headers.add("webhook-timestamp", "\(timestamp)")
        headers.add("webhook-signature", signer.sign(id: id, timestamp: timestamp, body: notification.body))
        do {
            let response = try await client.send(
                HTTPRequest(
                    .post, notification.endpoint, headers: headers, body: .bytes(notification.body),
                    connectTimeout: .seconds(10), totalTimeout: .seconds(20)))
            // Read for the connection's sake alone; an answer that goes on and on says no more than its status.
            do { _ = try await response.body.collect(upTo: 64 * 1024) } catch  where error.code == .tooLarge {}
            if (300...399).contains(response.status), let location = response.headers["Location"] {
                return .redirected(status: response.status, place: Address.place(ofRedirect: location))
            }
            return .answered(
                status: response.status,
                retryAfter: response.headers.retryAfter(now: Timestamp.now.milliseconds / 1000)?.components.seconds)
        } catch {
            return .failed(error.description)
        }
    }
}
