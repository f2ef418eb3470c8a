/// Waits until a condition holds.
///
/// - Parameters:
///   - limit: How long at most.
///   - what: What is waited for, for the failure's text.
/// - Throws: A ``TestFailure`` when the time is over, or what the condition throws.
public func eventually(
    within limit: Duration = .seconds(60), every interval: Duration = .milliseconds(20),
    _ what: String = "the condition", isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TestFailure("\(what) did not hold within \(limit)") }
        try await Task.sleep(for: interval)
    }
}

/// Does something that must be done within a time; cancelled when it is not.
public func within<Result: Sendable>(
    _ limit: Duration, _ what: String = "the operation", _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(operation: operation)
        group.addTask {
            try await Task.sleep(for: limit)
            throw TestFailure("\(what) did not end within \(limit)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw TestFailure("\(what) had no result") }
        return first
    }
}
