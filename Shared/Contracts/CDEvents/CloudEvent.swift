/// An event for the outside world: a CDEvent 0.5.1 in a CloudEvents 1.0 envelope, *structured* mode.
///
/// Whoever binds a queue to the topic exchange ``exchange`` reads these and needs nothing else of Slipway. The CDEvents
/// binding asks that the envelope repeats what the event's own context says; the one way to make an event,
/// ``init(_:)``, takes the envelope from the context, so that the two cannot differ.
public struct CloudEvent: Codable, Sendable, Equatable {
    /// The CloudEvents version, `1.0`.
    public let specversion: String
    /// The same for every resend of the event.
    public let id: MessageID
    /// Who says so, as a URI reference such as `/slipway/builder`.
    public let source: String
    /// Such as `dev.cdevents.pipelinerun.finished.0.3.0`.
    public let type: String
    /// What it is about: the id of the CDEvent's subject.
    public let subject: String?
    public let time: Timestamp
    public let datacontenttype: String?
    public let data: CDEvent

    /// The envelope of a CDEvent.
    public init(_ event: CDEvent) {
        specversion = "1.0"
        id = event.context.id
        source = event.context.source
        type = event.context.type
        subject = event.subject.id
        time = event.context.timestamp
        datacontenttype = "application/json"
        data = event
    }
}

extension CloudEvent {
    /// The topic exchange every event is published to.
    public static let exchange = "cdevents"

    /// The AMQP content type of the structured mode.
    public static let contentType = "application/cloudevents+json"

    /// The AMQP routing key: the type without its version, so that `dev.cdevents.pipelinerun.#` outlives versions.
    public var routingKey: String { EventType.withoutVersion(type) }
}
