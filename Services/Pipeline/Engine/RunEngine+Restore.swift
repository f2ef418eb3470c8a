import Contracts
import Logging
import Storage

/// What becomes of what was under way when a backup was made that the database was put back from.
extension RunEngine {
    /// How many runs end in one transaction.
    private static let restoredLimit = 50

    /// Ends the runs that had not ended by then, with the reason: what they did afterwards is not known, and doing it again
    /// unasked may undo what came later. Their workers, where they are at it still, are told to stop.
    func endRunsOfRestore() async throws {
        guard let ending = try await store.read({ try $0.restores.ending() }) else { return }
        let reason =
            "the platform was restored from the backup of \(ending.madeAt), and what this run did after that is not known; "
            + "run it again"
        var serial: Int64 = 0
        var count = 0
        while true {
            let runs = try await store.read { [serial] in
                try $0.restores.open(after: serial, until: ending.until, limit: Self.restoredLimit)
            }
            guard let last = runs.last else { break }
            try await store.write { transaction in
                for run in runs {
                    do {
                        try end(run.id, reason: reason, in: transaction)
                    } catch let error as StoreError where error.code == .corrupt {
                        logger.error("a run cannot be read", metadata: ["run": "\(run.id)", "error": "\(error)"])
                    }
                }
            }
            serial = last.serial
            count += runs.count
        }
        try await store.write { try $0.restores.ended(ending.restore) }
        logger.notice(
            "the database was put back from a backup; what was under way then ends",
            metadata: ["count": "\(count)", "until": "\(ending.madeAt)"])
    }
}
