import Contracts
import PipelineLanguage
import Synchronization

/// Plans of runs under way: reading and planning a process again for every report of a worker would cost more than
/// the report.
final class PlanCache: Sendable {
    private static let limit = 512
    private let plans = Mutex<[RunID: Plan]>([:])

    func plan(of run: RunID, make: () throws -> Plan) rethrows -> Plan {
        if let plan = plans.withLock({ $0[run] }) { return plan }
        let plan = try make()
        plans.withLock { plans in
            if plans.count >= Self.limit { plans.removeAll(keepingCapacity: true) }
            plans[run] = plan
        }
        return plan
    }

    func forget(_ run: RunID) {
        plans.withLock { _ = $0.removeValue(forKey: run) }
    }
}
