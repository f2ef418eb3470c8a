import Contracts
import PipelineLanguage
import Synchronization

/// Plans of runs under way, and the processes that they were made of: reading and planning a process again for every
/// report of a worker would cost more than the report, and many runs are of one process.
final class PlanCache: Sendable {
    private static let limit = 512
    private static let processLimit = 64
    private let plans = Mutex<[RunID: Plan]>([:])
    private let processes = Mutex<[String: PipelineLanguage.Process]>([:])

    /// The process of a digest, which says all that is in it.
    func process(_ digest: String, read: () throws -> PipelineLanguage.Process) rethrows -> PipelineLanguage.Process {
        if let process = processes.withLock({ $0[digest] }) { return process }
        let process = try read()
        processes.withLock { processes in
            if processes.count >= Self.processLimit { processes.removeAll(keepingCapacity: true) }
            processes[digest] = process
        }
        return process
    }

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
