import Contracts

/// Signing in with a name and a password.
extension SignInOperations {
    /// Begins a session with a password.
    /// - Throws: ``OperationError`` where the name or the password is wrong, and where there were too many attempts.
    func signIn(
        name: String, password: String, from visitor: Visitor, now: Timestamp = .now
    ) async throws -> Begun {
        let name = name.lowercased()
        return try await noting(.password, name, from: visitor) {
            try await enter(name, password, from: visitor, now: now)
        }
    }

    private func enter(
        _ name: String, _ password: String, from visitor: Visitor, now: Timestamp
    ) async throws -> Begun {
        let kept = try await checked(name, password, from: visitor, now: now) { tables in
            guard let person = try tables.people.find(name), person.blockedAt == nil else { return nil }
            return try tables.people.password(of: name)
        }
        return try await store.write { [self] transaction in
            try transaction.attempts.release(kept.attempts)
            // Changed or blocked while it was checked.
            guard try transaction.people.password(of: name) == kept.old,
                try transaction.people.find(name)?.blockedAt == nil
            else { throw Self.wrong }
            if let new = kept.new { try transaction.people.savePassword(new, of: name) }
            return try begin(name, with: .password, in: transaction, from: visitor)
        }
    }

    /// Sets the password of the person who asks; all their other sessions end. Their tokens stay.
    /// - Returns: how many sessions have ended.
    func changePassword(
        _ request: PasswordRequest, as principal: Principal, from visitor: Visitor, now: Timestamp = .now
    ) async throws -> Int {
        try principal.require(.changeOwnAccount)
        guard let session = principal.session, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot change a password", remedy: "sign in with a browser")
        }
        let name = principal.name
        try Self.check(request.password, of: name)
        let old = try await store.read { try $0.people.password(of: name) }
        let attempts =
            old == nil
            ? [] : try await checked(name, request.current ?? "", from: visitor, now: now) { _ in old }.attempts
        let hash = try await waiting { try await hasher.hash(request.password) }.kept
        return try await store.write(as: principal) { transaction in
            try transaction.attempts.release(attempts)
            guard try transaction.people.password(of: name) == old else {
                throw OperationError(.conflict, "password_changed", "the password was changed meanwhile")
            }
            try Self.keep(hash, of: name, in: transaction)
            let ended = try transaction.sessions.removeAll(of: name, but: session)
            try transaction.people.removeLinks(of: name)
            try transaction.logins.removeAll(of: name)
            try transaction.audit(.changeOwnAccount, by: principal, of: name, after: ["password": "given"])
            return ended
        }
    }

    /// Keeps a password, unless it would let somebody in whom a provider lets in no more.
    static func keep(_ hash: String, of name: String, in transaction: Transaction) throws {
        guard try transaction.people.find(name)?.identity == nil else {
            throw OperationError(
                .forbidden, "provider_account", "“\(name)” signs in at the provider and has no password here",
                remedy: "leave the password empty, or change it at the provider")
        }
        try transaction.people.savePassword(hash, of: name)
    }

    /// Compares a password with what is kept, as often as that may be done.
    /// - Returns: what is kept, what is to be kept in its place where its cost was raised, and the attempts it took, which
    ///   are not counted once it has served.
    private func checked(
        _ name: String, _ password: String, from visitor: Visitor, now: Timestamp,
        _ kept: @escaping @Sendable (any Tables) throws -> String?
    ) async throws -> (old: String, new: String?, attempts: [AttemptLimit.Subject]) {
        let attempts = [AttemptLimit.Subject.account(String(name.prefix(100))), .source(visitor.network)]
        // One that nobody can have is as wrong as any other, and takes as long.
        let isTooLong = password.utf8.count > Self.passwordLength.upperBound
        let found: (kept: String, isOutdated: Bool)?
        do {
            // Who has to wait costs no write.
            try await store.read { try $0.attempts.check(attempts, now: now) }
            found = try await waiting {
                try await hasher.check(isTooLong ? "" : password) { [store] in
                    try await store.write { transaction in
                        try transaction.attempts.take(attempts, now: now)
                        return try kept(transaction)
                    }
                }
            }
        } catch let error as AttemptLimit.Refusal {
            throw OperationError(
                .tooMany, "too_many_attempts", "too many attempts to sign in \(error.subject)",
                remedy: "try again in \(error.seconds) s; whoever administers the platform can make you a link",
                retryAfter: error.seconds)
        }
        guard let found else { throw Self.wrong }
        let new = found.isOutdated ? try await waiting { try await hasher.hash(password) }.kept : nil
        return (found.kept, new, attempts)
    }

    func waiting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is PasswordHasher.Full {
            throw OperationError(
                .tooMany, "too_many_sign_ins", "\(PasswordHasher.places) passwords are being checked already",
                remedy: "try again in a few seconds", retryAfter: 5)
        }
    }

    private static let wrong = OperationError(
        .notSignedIn, "wrong_password", "the name or the password is wrong",
        remedy: "who has no password yet signs in with a link; whoever administers the platform makes one")

    static func check(_ password: String, of name: String) throws(OperationError) {
        guard passwordLength.contains(password.utf8.count) else {
            throw .invalid(
                "unfit_password", "a password has at least \(passwordLength.lowerBound) characters",
                remedy: "a sentence of some words is good and easy to keep in mind")
        }
        guard password.lowercased() != name else {
            throw .invalid("unfit_password", "the password is the name", remedy: "take another one")
        }
    }
}
