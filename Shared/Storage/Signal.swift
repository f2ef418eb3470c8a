/// Wakes one waiting task; wakes that come while it is busy are one.
public final class Signal: Sendable {
    /// Has an element whenever there was at least one ``wake()`` since the last. For one reader.
    public let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    public init() {
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Gives ``wakes`` an element, unless one waits there.
    public func wake() {
        continuation.yield()
    }

    /// Ends ``wakes``.
    public func finish() {
        continuation.finish()
    }
}
