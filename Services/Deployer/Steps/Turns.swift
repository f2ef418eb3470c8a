/// Lets one rollout at a time change what has a name.
actor Turns {
    private var busy: Set<String> = []

    /// - Parameter name: `nil` waits for nobody.
    func take<Value: Sendable>(_ name: String?, _ body: @Sendable () async throws -> Value) async throws -> Value {
        guard let name else { return try await body() }
        while busy.contains(name) { try await Task.sleep(for: .milliseconds(100)) }
        busy.insert(name)
        defer { busy.remove(name) }
        return try await body()
    }
}
