import Synchronization

/// What has to hold for a service to be of use: its broker is connected, its store is open. `/readyz` asks. What a service
/// does its work without is told there and does not count.
public final class Readiness: Sendable {
    public typealias Check = @Sendable () async -> String?

    private let checks = Mutex<[(name: String, isNeeded: Bool, check: Check)]>([])

    public init() {}

    /// Adds a check: it returns what is wrong, or `nil`.
    /// - Parameter isNeeded: whether the service is not ready while something is.
    public func add(_ name: String, isNeeded: Bool = true, _ check: @escaping Check) {
        checks.withLock { $0.append((name, isNeeded, check)) }
    }

    /// Why the service is not ready, as `name: reason`.
    public func problems() async -> [String] { await failed(needed: true) }

    /// What else is wrong, as `name: reason`.
    public func remarks() async -> [String] { await failed(needed: false) }

    private func failed(needed: Bool) async -> [String] {
        var problems: [String] = []
        for (name, _, check) in checks.withLock({ $0.filter { $0.isNeeded == needed } }) {
            if let problem = await check() { problems.append("\(name): \(problem)") }
        }
        return problems
    }
}
