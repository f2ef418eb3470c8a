import Contracts
import Glibc
import Logging

/// The token that an installation of before was begun with, and its file in the service's data folder: it ends 30 days after
/// the first start with people.
struct FirstToken: Sendable {
    static let name = "first"

    let store: PipelineStore
    let path: String

    init(store: PipelineStore, in data: String) {
        self.store = store
        path = "\(data)/token"
    }

    /// Says until when it is good; once it is not any more, removes it and its file.
    func watch(logger: Logger, now: Timestamp = .now) async throws {
        let end = try await store.write { transaction -> Timestamp? in
            guard let token = try transaction.access.token(named: Self.name) else { return nil }
            // One that a clock far ahead has ended is good again once that is right.
            guard let end = token.expiresAt, try end <= transaction.clock.reached(now: now) else {
                return token.expiresAt
            }
            try transaction.access.removeToken(Self.name)
            try transaction.audit(
                .revokeOthersToken, by: .otherStage, of: Self.name, before: .audited(token.view))
            return nil
        }
        guard let end else {
            unlink(path)
            return
        }
        logger.notice(
            "the first token, which everybody shared, ends: let people in by links, and make programs tokens of their own",
            metadata: ["token": "\(Self.name)", "until": "\(end)"])
    }
}
