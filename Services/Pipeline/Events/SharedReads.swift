import Contracts
import Synchronization

/// What many read of a run as soon as it has changed: one reading for all of them, however many they are.
///
/// Whoever changes the run has it forgotten before they are told. A moment later it is read anew: what is said of a run
/// that waits depends on the time, too.
final class SharedReads<Value: Sendable>: Sendable {
    private struct Reading {
        let task: Task<Value?, any Error>
        let begun: ContinuousClock.Instant

        var isGood: Bool { .now - begun < .seconds(1) }
    }

    /// As many are kept before the old ones go.
    private static var limit: Int { 256 }

    private let readings = Mutex<[RunID: Reading]>([:])

    /// What somebody reads now or has just read; else what the body reads.
    func read(_ run: RunID, _ body: @escaping @Sendable () async throws -> Value?) async throws -> Value? {
        let task = readings.withLock { readings in
            if let reading = readings[run], reading.isGood { return reading.task }
            if readings.count >= Self.limit { readings = readings.filter { $0.value.isGood } }
            let task = Task { try await body() }
            readings[run] = Reading(task: task, begun: .now)
            return task
        }
        do {
            return try await task.value
        } catch {
            forget(run)
            throw error
        }
    }

    func forget(_ run: RunID) { readings.withLock { _ = $0.removeValue(forKey: run) } }

    func forgetAll() { readings.withLock { $0 = [:] } }
}
