import Contracts
import FoundationEssentials
import HTTPClient
import Runtime

/// A place that takes JSON of its own shape: a chat, or whatever has an address to post to.
struct TemplatedChannel: HTTPChannel {
    let specification: ChannelSpecification
    let client: HTTPClient

    static func all(_ settings: Settings, client: HTTPClient) throws -> [TemplatedChannel] {
        try settings.value(NotifierSettings.channels).map { TemplatedChannel(specification: $0, client: client) }
    }

    /// By its name: it stays the same channel when its address or its template changes.
    var endpoint: String { "channel:\(specification.name)" }
    var label: String { specification.name }

    func takes(_ event: CloudEvent) -> Bool { specification.filter.takes(event) }

    func render(_ notification: Notification, at now: Timestamp) throws -> HTTPRequest {
        let event = try Wire.decode(CloudEvent.self, from: Data(notification.body))
        var values = EventWords(event).values
        if let signing = specification.signing {
            values.merge(signing.signature.values(secret: signing.secret, at: now)) { _, signed in signed }
        }
        let body = specification.template.render(values)
        var headers = HTTPHeaders()
        headers.add("Content-Type", "application/json; charset=utf-8")
        for (name, value) in specification.headers { headers.add(name, value) }
        var request = HTTPRequest(
            .post, specification.url, headers: headers, body: .bytes(body), connectTimeout: .seconds(10),
            totalTimeout: .seconds(20))
        if let signing = specification.signing {
            try signing.signature.sign(&request, body, id: notification.event, secret: signing.secret, at: now)
        }
        return request
    }

    func recognise(_ response: HTTPResponse, _ body: [UInt8]) -> PostOutcome {
        let pause = response.headers.retryAfter(now: Timestamp.now.milliseconds / 1000)?.components.seconds
        let problem =
            (200...299).contains(response.status)
            ? specification.answer?.problem(with: body)
            // What 410 and `Retry-After` ask for needs no words.
            : response.status == 410 || pause != nil ? nil : ChannelAnswer.shown(body)
        guard let problem else { return .answered(status: response.status, retryAfter: pause) }
        return .refused(status: response.status, specification.mask(problem))
    }
}
