/// Signs this command in to a stack that was started. A login that is kept already is never replaced.
struct StackSignIn {
    enum Outcome: Equatable {
        /// Commands go to this stack.
        case signedIn
        /// They go to another platform, as before.
        case elsewhere(String)
        /// The login that is kept for this address is not taken there: it has ended, or is another platform's.
        case refused
    }

    let store: AccountStore

    /// - Parameters:
    ///   - server: the stack's address.
    ///   - isAccepted: whether the stack takes an account that is kept for its address.
    ///   - makeToken: makes a token of the person who runs this command.
    func begin(
        _ server: String, isAccepted: (Account) async throws -> Bool, makeToken: () async throws -> String
    ) async throws -> Outcome {
        guard let kept = try store.load() else {
            try store.save(Account(server: server, token: try await makeToken(), authority: nil))
            return .signedIn
        }
        guard kept.server == server else { return .elsewhere(kept.server) }
        return try await isAccepted(kept) ? .signedIn : .refused
    }
}
