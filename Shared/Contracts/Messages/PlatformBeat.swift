/// Time has gone on in which workers could be heard: pipeline → pipeline, by the queue that workers report to.
///
/// Where it does not arrive no report does, so that a lease must not run out meanwhile. It stands in line with the reports:
/// what was said before it counts before it.
public struct PlatformBeat: Message {
    /// The life of the service that sends it, whose clock ``at`` is of.
    public var sender: String
    /// Milliseconds since that life began, by a clock that nobody sets.
    public var at: Int64
    /// Whether workers could not be heard for a while before it, so that they are given whole leases.
    public var isFirst: Bool

    public init(sender: String, at: Int64, isFirst: Bool = false) {
        self.sender = sender
        self.at = at
        self.isFirst = isFirst
    }
}
