import Synchronization

/// What has to hold for a service to be of use: its broker is connected, its store is open. `/readyz` asks.
public final class Readiness: Sendable {
    public typealias Check = @Sendable () async -> String?

    private let checks = Mutex<[(name: String, check: Check)]>([])

    public init() {}

    /// Adds a check: it returns why the service is not ready, or `nil`.
    public func add(_ name: String, _ check: @escaping Check) {
        checks.withLock { $0.append((name, check)) }
    }

    /// What is not ready, as `name: reason`.
    public func problems() async -> [String] {
        var problems: [String] = []
        for (name, check) in checks.withLock({ $0 }) {
            if let problem = await check() { problems.append("\(name): \(problem)") }
        }
        return problems
    }
}
