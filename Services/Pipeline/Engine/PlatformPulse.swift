import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Beats through the queue that workers report to, while there is something that counts ``HeardTime``; see
/// ``RunEngine/beat(_:in:)``. While nothing runs it does nothing.
struct PlatformPulse: Service {
    let engine: RunEngine
    /// Sends a beat and returns once it is confirmed.
    let send: @Sendable (PlatformBeat, _ timeout: Duration) async throws -> Void
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let sender = MessageID.make().rawValue
            /// How long something counted heard time so far, and since when what is not in it.
            var counted = Duration.zero
            var last = ContinuousClock.now
            /// Whether workers may not have been heard since the last beat: at the start nobody was.
            var isFirst = true
            var outages = engine.outages
            var iterator = engine.beats.wakes.makeAsyncIterator()
            while !Task.isCancelled {
                guard await isNeeded() else {
                    guard await iterator.next() != nil else { return }
                    last = .now
                    counted += .milliseconds(1)
                    continue
                }
                // What a report would have changed while the store was away is changed later.
                isFirst = isFirst || outages != engine.outages
                outages = engine.outages
                let at = ContinuousClock.now
                counted += last.duration(to: at)
                last = at
                let beat = PlatformBeat(sender: sender, at: Int64(counted / .milliseconds(1)), isFirst: isFirst)
                do {
                    try await send(beat, engine.configuration.terms.patience)
                    isFirst = false
                } catch {
                    logger.warning(
                        "the broker does not take the platform's beat: leases stand still",
                        metadata: ["error": "\(error)"])
                }
                do {
                    try await Task.sleep(until: at.advanced(by: engine.configuration.terms.beat), clock: .continuous)
                } catch {
                    return
                }
            }
        }
    }

    /// Where that cannot be read, there may be.
    private func isNeeded() async -> Bool {
        do {
            return try await engine.store.read { try $0.jobs.isCounting() || $0.runs.isCounting() }
        } catch {
            return true
        }
    }
}
