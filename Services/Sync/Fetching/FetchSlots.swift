import Git
import ServiceLifecycle
import Synchronization

/// The slots that fetches share, of pushes and of builders' wants alike; see ``SlotQueue``.
final class FetchSlots: Sendable {
    /// How long one waits for a slot: a message must not be held for longer than the broker lets it.
    static let patience = Duration.seconds(300)

    private struct State {
        var queue: SlotQueue
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
    }
    private let state: Mutex<State>

    /// - Parameters:
    ///   - total: how many fetch at a time.
    ///   - perHost: how many of them from one host.
    ///   - messages: how many messages the service holds at a time. Half of them may wait for slots, an eighth for one
    ///     host's: the others are for those that can go.
    init(total: Int, perHost: Int, messages: Int = 4096) {
        state = Mutex(
            State(
                queue: SlotQueue(
                    total: total, perHost: perHost, room: max(1, messages / 2), roomPerHost: max(1, messages / 8))))
    }

    /// Does the work in a slot, once there is one.
    /// - Parameters:
    ///   - repository: what only one may fetch into at a time: a mirror's folder.
    ///   - remote: the server asked.
    ///   - isMessage: whether a message is held meanwhile, for which there is room only in part.
    ///   - activity: told what is waited for.
    /// - Throws: ``NoRoom`` where too many wait already; ``NoSlot`` where none came within `patience`; `CancellationError` while waiting, also when the service is
    ///   asked to end; what the work throws.
    func withSlot<Value: Sendable>(
        _ repository: String, _ remote: RemoteAddress, patience: Duration = patience, isMessage: Bool = false,
        activity: FetchActivity,
        _ work: () async throws -> Value
    ) async throws -> Value {
        let (id, answer) = state.withLock {
            $0.queue.ask(repository, host: remote.host, isLimited: isMessage, now: .now)
        }
        switch answer {
        case .granted: break
        case .waits:
            activity.waits { [self] in self.obstacle(of: id, remote.host) }
            try await wait(id, patience, remote.host)
        case .noRoom(let isMoving): throw NoRoom(host: remote.host, isMoving: isMoving)
        }
        activity.fetches(from: remote.host)
        do {
            let value = try await work()
            end(id, isHostAway: false)
            return value
        } catch {
            end(id, isHostAway: (error as? GitError)?.isHostAway)
            throw error
        }
    }

    private func wait(_ id: Int, _ patience: Duration, _ host: String) async throws {
        let isGranted = await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { await self.granted(id) }
                group.addTask {
                    do { try await Task.sleep(for: patience) } catch { return false }
                    return false
                }
                // The other one too: a slot may have come in the last moment.
                var isGranted = false
                for await answer in group {
                    isGranted = isGranted || answer
                    group.cancelAll()
                }
                return isGranted
            }
        }
        guard !isGranted else { return }
        try Task.checkCancellation()
        if Task.isShuttingDownGracefully { throw CancellationError() }
        throw NoSlot(host: host)
    }

    /// Waits for the grant; `false` when cancelled.
    private func granted(_ id: Int) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.queue.running.contains(where: { $0.id == id }) { return true }
                    guard state.queue.waiting.contains(where: { $0.id == id }) else { return false }
                    state.waiters[id] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.queue.leave(id)
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume(returning: false)
        }
    }

    private func end(_ id: Int, isHostAway: Bool?) {
        let granted = state.withLock { state in
            state.queue.end(id, isHostAway: isHostAway).compactMap { state.waiters.removeValue(forKey: $0) }
        }
        for waiter in granted { waiter.resume(returning: true) }
    }

    private func obstacle(of id: Int, _ host: String) -> String? {
        switch state.withLock({ $0.queue.obstacle(of: id) }) {
        case .repository: "waits for another fetch of the repository to end"
        case .host: "waits for other fetches from \(host) to end"
        case .slots: "waits for other fetches to end"
        case nil: nil
        }
    }
}

/// So many wait already that it is to come again later.
struct NoRoom: Error, CustomStringConvertible {
    var host: String
    /// Whether those that wait have not waited for long.
    var isMoving: Bool

    var description: String { "waits behind many other fetches from \(host)" }
}

/// No slot came in time.
struct NoSlot: Error, CustomStringConvertible {
    var host: String

    var description: String { "other fetches from \(host) have taken too long" }
}

extension GitError {
    /// Whether it says of the server that it cannot be reached; `nil` where it says nothing of that.
    var isHostAway: Bool? {
        switch code {
        case .unreachable, .rateLimited: true
        // One large repository is slow, or it is ours that failed.
        case .timedOut, .busy, .cancelled, .failed: nil
        default: false
        }
    }
}
