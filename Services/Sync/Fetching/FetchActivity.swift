import Synchronization

/// What a fetch is about right now, in words for those who wait for it.
final class FetchActivity: Sendable {
    private let current = Mutex<(@Sendable () -> String?)?>(nil)

    /// - Parameter obstacle: what is waited for; asked when somebody wants to know.
    func waits(_ obstacle: @escaping @Sendable () -> String?) {
        current.withLock { $0 = obstacle }
    }

    func fetches(from host: String) {
        current.withLock { $0 = { "the source is being fetched from \(host)" } }
    }

    /// `nil` where there is nothing to say yet.
    var text: String? { current.withLock { $0 }?() }

    /// Does the work and tells what it is about, should it take long.
    /// - Parameters:
    ///   - interval: after which it is told for the first time, and then whenever it has changed.
    ///   - tell: gets the words.
    ///   - repeats: whether it is told each time, changed or not.
    static func watching<Value: Sendable>(
        every interval: Duration, repeats: Bool = false,
        work: @escaping @Sendable (FetchActivity) async throws -> Value,
        tell: @escaping @Sendable (String) async -> Void
    ) async throws -> Value {
        let activity = FetchActivity()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work(activity) }
            group.addTask {
                var told: String?
                while true {
                    do { try await Task.sleep(for: interval) } catch { return nil }
                    guard let text = activity.text, repeats || text != told else { continue }
                    await tell(text)
                    told = text
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}
