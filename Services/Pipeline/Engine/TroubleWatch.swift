import Contracts
import Glibc
import Logging
import ServiceLifecycle
import Storage
import Synchronization

/// Looks for what somebody has to look after, and has it told by an event when it begins and when it is over. Of several
/// processes of the service each tells what it sees; what one saw last counts for all.
struct TroubleWatch: Service {
    let engine: RunEngine
    /// The platform's data folder.
    let data: String
    let refusals: PlatformRefusals
    let logger: Logger
    /// Why nothing more may be written to the disk of the folder; `nil` where there is room.
    let diskProblem: @Sendable () -> String?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await look()
                } catch is CancellationError {
                    return
                } catch {
                    // A database that is away is looked after by the alerts on readiness.
                    logger.debug("troubles cannot be looked for", metadata: ["error": "\(error)"])
                }
                do { try await Task.sleep(for: Trouble.interval) } catch { return }
            }
        }
    }

    /// Looks once.
    func look(now: Timestamp = .now) async throws {
        let host = Self.host
        let disk = diskProblem().map { Trouble.disk(data, on: host, problem: $0) }
        let refused = refusals.take().sorted().map(Trouble.refused)
        let (seen, hasAny) = try await engine.store.read { tables in
            let workers = try tables.workers.heard(at: now).compactMap(Trouble.sick)
            let parked = try Trouble.parked(tables.deadLetters.count())
            let seen =
                [disk, parked].compactMap(\.self) + workers.prefix(Trouble.limit) + refused.prefix(Trouble.limit)
            return (seen, try !tables.troubles.all().isEmpty)
        }
        // Nothing is written where all is well.
        guard hasAny || !seen.isEmpty else { return }
        try await engine.store.write(now: now) { transaction in
            for trouble in seen {
                guard let kept = try transaction.troubles.saw(trouble, now: now) else { continue }
                logger.warning(
                    "there is trouble",
                    metadata: ["type": "\(trouble.kind.rawValue)", "reason": "\(trouble.message)"])
                try transaction.emit(event(kept, isOver: false, at: now), run: nil)
            }
            for kept in try transaction.troubles.end(after: Trouble.quiet, now: now) {
                logger.notice(
                    "trouble is over",
                    metadata: ["type": "\(kept.trouble.kind.rawValue)", "reason": "\(kept.trouble.message)"])
                try transaction.emit(event(kept, isOver: true, at: now), run: nil)
            }
        }
    }

    private func event(_ kept: TroubleStore.Kept, isOver: Bool, at now: Timestamp) -> CloudEvent {
        .trouble(
            kept.trouble.kind, of: kept.trouble.subject, message: kept.trouble.message, id: kept.id, since: kept.since,
            isOver: isOver, uri: engine.configuration.publicURL, service: "pipeline", at: now)
    }

    private static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "pipeline" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The platforms with other databases that have asked who is there since it was looked last.
final class PlatformRefusals: Sendable {
    private let platforms = Mutex<Set<String>>([])

    func note(_ platform: String) {
        platforms.withLock { platforms in
            if platforms.count < Trouble.limit { platforms.insert(String(platform.prefix(200))) }
        }
    }

    func take() -> Set<String> {
        platforms.withLock { platforms in
            defer { platforms = [] }
            return platforms
        }
    }
}
