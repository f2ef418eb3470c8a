import Synchronization

/// A number tests and server tasks count with.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .sequentiallyConsistent) }
    func add(_ more: Int = 1) { value.add(more, ordering: .sequentiallyConsistent) }

    /// Waits for the count to stop changing, and returns it.
    func settled() async throws -> Int {
        var last = -1
        while last != count {
            last = count
            try await Task.sleep(for: .milliseconds(300))
        }
        return last
    }
}
