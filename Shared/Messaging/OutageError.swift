/// An error that may say nothing about the message at hand: what every message needs is away, such as the service's database
/// or its disk.
public protocol OutageError: Error {
    /// Whether that is so. Then the message waits for its end, however long that takes, and no attempt counts.
    var isOutage: Bool { get }
}
