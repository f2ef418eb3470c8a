import Contracts
import Synchronization

/// Signing in with a name and a password.
extension SignInOperations {
    /// Begins a session with a password.
    /// - Throws: ``OperationError`` where the name or the password is wrong, and where there were too many attempts.
    func signIn(
        name: String, password: String, from visitor: Visitor, now: Timestamp = .now
    ) async throws -> Begun {
        let name = name.lowercased()
        let kept = try await checked(name, password, from: visitor, now: now) { transaction in
            guard let person = try transaction.people.find(name), person.blockedAt == nil else { return nil }
            return try transaction.people.password(of: name)
        }
        return try await store.write { [self] transaction in
            // Changed or blocked while it was checked.
            guard try transaction.people.password(of: name) == kept.old,
                try transaction.people.find(name)?.blockedAt == nil
            else { throw Self.wrong }
            if let new = kept.new { try transaction.people.savePassword(new, of: name) }
            return try begin(name, in: transaction, from: visitor)
        }
    }

    /// Sets the password of the person who asks; all their other sessions end.
    func changePassword(
        _ request: PasswordRequest, as principal: Principal, from visitor: Visitor, now: Timestamp = .now
    ) async throws {
        try principal.require(.changeOwnAccount)
        guard let session = principal.session, principal.token == nil else {
            throw OperationError(
                .forbidden, "not_a_session", "a token cannot change a password", remedy: "sign in with a browser")
        }
        let name = principal.name
        try Self.check(request.password, of: name)
        let old = try await store.read { try $0.people.password(of: name) }
        if old != nil {
            _ = try await checked(name, request.current ?? "", from: visitor, now: now) { _ in old }
        }
        let hash = try await waiting { try await hasher.hash(request.password) }.kept
        try await store.write { transaction in
            guard try transaction.people.password(of: name) == old else {
                throw OperationError(.conflict, "password_changed", "the password was changed meanwhile")
            }
            try Self.keep(hash, of: name, in: transaction)
            try transaction.sessions.removeAll(of: name, but: session)
            try transaction.people.removeLinks(of: name)
            try transaction.audit(.changeOwnAccount, by: principal, of: name, after: ["password": "given"])
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
    /// - Returns: what is kept, and what is to be kept in its place where its cost was raised.
    private func checked(
        _ name: String, _ password: String, from visitor: Visitor, now: Timestamp,
        _ kept: @escaping @Sendable (Snapshot) throws -> String?
    ) async throws -> (old: String, new: String?) {
        let subjects = [AttemptLimit.Subject.account(String(name.prefix(100))), .source(visitor.network)]
        do throws(AttemptLimit.Refusal) {
            try attempts.withLock { attempts throws(AttemptLimit.Refusal) in try attempts.take(subjects, now: now) }
        } catch {
            throw OperationError(
                .tooMany, "too_many_attempts", "too many attempts to sign in \(error.subject)",
                remedy: "try again in \(error.seconds) s; whoever administers the platform can make you a link",
                retryAfter: error.seconds)
        }
        let text = try await store.read(kept)
        let hash = text.flatMap(PasswordHash.init(kept:))
        guard password.utf8.count <= Self.passwordLength.upperBound,
            let isOutdated = try await waiting({ try await hasher.check(password, against: hash) }), let text
        else { throw Self.wrong }
        attempts.withLock { $0.release(subjects) }
        return (text, isOutdated ? try await waiting { try await hasher.hash(password) }.kept : nil)
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
