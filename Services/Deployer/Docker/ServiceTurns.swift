/// Lets one rollout of a service at a time change its containers. One that lost its lease may still put the old container
/// back when its next attempt begins.
actor ServiceTurns {
    private var busy: Set<String> = []

    func take<Value: Sendable>(
        _ service: String, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        while busy.contains(service) { try await Task.sleep(for: .milliseconds(100)) }
        busy.insert(service)
        defer { busy.remove(service) }
        return try await body()
    }
}
