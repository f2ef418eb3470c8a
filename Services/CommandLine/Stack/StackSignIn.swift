/// Signs this command in to a stack that was started. A login that is kept already is never replaced.
struct StackSignIn {
    enum Outcome: Equatable {
        /// Commands go to this stack.
        case signedIn
        /// They go to another platform, as before.
        case elsewhere(String)
        /// The login that is kept for this address is another platform's.
        case refused
    }

    let store: AccountStore

    /// - Parameters:
    ///   - own: the stack's account.
    ///   - isAccepted: whether the stack takes an account that is kept for its address.
    func begin(_ own: Account, isAccepted: (Account) async throws -> Bool) async throws -> Outcome {
        guard let kept = try store.load() else {
            try store.save(own)
            return .signedIn
        }
        guard kept.server == own.server else { return .elsewhere(kept.server) }
        if kept.token == own.token { return .signedIn }
        return try await isAccepted(kept) ? .signedIn : .refused
    }
}
