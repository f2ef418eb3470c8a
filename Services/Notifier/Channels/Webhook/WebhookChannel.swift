import Contracts
import HTTPClient
import Runtime
import Secrets

/// An address that is told every event, as it came from the broker and signed as a Standard Webhook.
struct WebhookChannel: HTTPChannel {
    let endpoint: String
    let label: String
    let client: HTTPClient
    let signer: StandardWebhook

    static func all(_ settings: Settings, client: HTTPClient) throws -> [WebhookChannel] {
        let urls = try NotifierSettings.endpoints(settings)
        if urls.isEmpty { return [] }
        let signer = try settings.value(NotifierSettings.secret)
        return zip(urls, labels(of: urls)).map { url, label in
            WebhookChannel(endpoint: url, label: label, client: client, signer: signer)
        }
    }

    /// The host of each; those on one host are numbered.
    static func labels(of urls: [String]) -> [String] {
        var seen: [String: Int] = [:]
        return urls.map { url in
            let host = Outlet.host(of: url)
            seen[host, default: 0] += 1
            let number = seen[host] ?? 1
            return number == 1 ? host : "\(host) (\(number))"
        }
    }

    func takes(_ event: CloudEvent) -> Bool { true }

    func render(_ notification: Notification, at now: Timestamp) -> HTTPRequest {
        let timestamp = now.milliseconds / 1000
        let id = notification.event.rawValue
        var headers = HTTPHeaders()
        headers.add("Content-Type", CloudEvent.contentType)
        headers.add(StandardWebhook.Header.id, id)
        headers.add(StandardWebhook.Header.timestamp, "\(timestamp)")
        headers.add(
            StandardWebhook.Header.signature, signer.sign(id: id, timestamp: timestamp, body: notification.body))
        return HTTPRequest(
            .post, endpoint, headers: headers, body: .bytes(notification.body), connectTimeout: .seconds(10),
            totalTimeout: .seconds(20))
    }
}
