/// How it stands between this process and the broker.
public enum Status: Sendable, Hashable {
    /// All connections are up.
    case connected(host: String)
    /// A connection is down and being made; `lastError` says why it is not there yet.
    case connecting(since: ContinuousClock.Instant, lastError: AMQPError?)
    /// The broker takes no messages for now and says why (`low on memory`, `low on disk`); consuming goes on.
    case blocked(reason: String)
    /// ``Broker/run()`` is not running.
    case closed
}
