import Contracts
import Storage
import Synchronization

/// What is told of attempts to sign in that fail.
extension SignInOperations {
    /// Counts an attempt that is refused. Nothing is read or written for it before the answer, which so takes as long
    /// whether there is such an account or not.
    func noting<Value>(
        _ way: SignInWay, _ name: String? = nil, from visitor: Visitor,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as OperationError where Self.refusals.contains(error.kind) {
            failures.withLock {
                $0.note(
                    FailedSignIns.Attempt(
                        way: way, name: name.map { String($0.lowercased().prefix(100)) }, network: visitor.network,
                        problem: error.problem.code))
            }
            failed.wake()
            throw error
        }
    }

    /// What is malformed, or away, is no attempt of a stranger.
    private static let refusals: Set<OperationError.Kind> = [.notSignedIn, .forbidden, .notFound, .tooMany]

    /// Writes into the audit log which attempts failed since it was last done.
    func writeFailures() async throws {
        let taken = failures.withLock { $0.take() }
        guard !taken.counts.isEmpty else { return }
        do {
            try await write(taken)
        } catch {
            failures.withLock { $0.give(back: taken) }
            failed.wake()
            throw error
        }
    }

    private func write(_ taken: FailedSignIns) async throws {
        try await store.write { transaction in
            for entry in try taken.entries(isAccount: { try transaction.accounts.find($0) != nil }) {
                var about: [String: JSONValue] = ["attempts": .integer(Int64(entry.attempts))]
                if let way = entry.way { about["with"] = .string(way.rawValue) }
                if let problem = entry.problem { about["problem"] = .string(problem) }
                try transaction.audits.add(
                    AuditEntry(
                        at: transaction.now, account: "not signed in", via: "sign-in", origin: entry.network,
                        operation: AuditEvent.failedSignIn.rawValue,
                        subject: entry.account ?? (entry.way == nil ? "other attempts" : "not known"),
                        after: .object(about)))
            }
        }
    }
}
