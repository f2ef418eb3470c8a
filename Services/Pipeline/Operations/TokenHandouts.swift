import Contracts
import Synchronization

/// Of which repositories `sync` was given the token lately: each push asks for it, and the log has it once an hour.
final class TokenHandouts: Sendable {
    private static let interval = Duration.seconds(3600)
    private let last = Mutex<[RepositoryPath: Timestamp]>([:])

    func isDue(_ path: RepositoryPath, now: Timestamp = .now) -> Bool {
        last.withLock { last in
            if let moment = last[path], moment <= now, now < moment.adding(Self.interval) { return false }
            last[path] = now
            return true
        }
    }
}
