import Contracts

/// Signing in at an OpenID Connect provider.
///
/// A person there is one here by the issuer and the subject alone, never by a name or an address, which others could be
/// given: somebody new gets a new account, whatever accounts there are.
extension SignInOperations {
    /// Where a browser goes to sign in at the provider.
    /// - Throws: ``OperationError`` where there is none, or it does not answer.
    func address(for request: OpenIDRequest) async throws -> String {
        let provider = try provider()
        return try await translating { try await provider.address(for: request) }
    }

    /// What a provider has sent a browser back with.
    struct ProviderAnswer: Sendable, Equatable {
        var state: String?
        var code: String?
        var error: String?
        var description: String?
        /// Who says so (RFC 9207), where that is told.
        var issuer: String?
    }

    /// Begins a session for whoever the provider has signed in.
    /// - Parameter request: the attempt that the browser keeps; `nil` where it keeps none.
    func signIn(
        _ answer: ProviderAnswer, to request: OpenIDRequest?, from visitor: Visitor
    ) async throws -> Begun {
        let provider = try provider()
        let configuration = provider.configuration
        let person = try await noting(.provider, from: visitor) {
            try await identity(of: answer, to: request, provider)
        }
        let known = Person.Identity(issuer: configuration.issuer, subject: person.subject)
        let name = try await store.read { try $0.people.find(known)?.name }
        return try await noting(.provider, name, from: visitor) {
            try await signIn(person, configuration, from: visitor)
        }
    }

    private func identity(
        of answer: ProviderAnswer, to request: OpenIDRequest?, _ provider: OpenIDProvider
    ) async throws -> OpenIDIdentity {
        let configuration = provider.configuration
        return try await translating {
            guard let request, let state = answer.state, request.isOwn(state: state),
                answer.issuer ?? configuration.issuer == configuration.issuer
            else { throw OpenIDError(.stale, "this browser has not begun to sign in, or too long ago") }
            if let error = answer.error {
                let said = [error, answer.description].compactMap(\.self).joined(separator: ": ")
                throw OpenIDError(.refused, "\(configuration.label) refused: \(said.prefix(300))")
            }
            guard let code = answer.code else { throw OpenIDError(.stale, "\(configuration.label) gave no code") }
            return try await provider.identity(code: code, for: request)
        }
    }

    private func signIn(
        _ identity: OpenIDIdentity, _ configuration: OpenIDConfiguration, from visitor: Visitor
    ) async throws -> Begun {
        try await store.write { [self] transaction in
            let known = Person.Identity(issuer: configuration.issuer, subject: identity.subject)
            var person =
                try transaction.people.find(known) ?? Self.newPerson(identity, known, configuration, in: transaction)
            guard person.blockedAt == nil else {
                throw OperationError(
                    .forbidden, "blocked_account", "the account “\(person.name)” is blocked",
                    remedy: "ask an administrator of the platform")
            }
            let before = person.told
            person.displayName = Self.line(identity.displayName) ?? person.displayName
            // Nobody is known by it: what is none is not kept, and keeps nobody out.
            person.email = identity.email.flatMap { try? PeopleOperations.email($0) } ?? person.email
            try transaction.people.save(person)
            person.groups = Set(identity.groups.filter { RoleOperations.isGroup($0) }.prefix(1_000)).sorted()
            try transaction.people.saveGroups(person.groups, of: person.name)
            if person.told != before {
                try transaction.approversChanged()
                try transaction.audits.add(
                    AuditEntry(
                        at: transaction.now, account: Principal.provider.name, via: "sign-in", origin: visitor.address,
                        operation: AuditEvent.saveGroups.rawValue, subject: person.name, before: before,
                        after: person.told))
            }
            return try begin(person.name, with: .provider, in: transaction, from: visitor)
        }
    }

    /// The name of an account for whom the provider calls so.
    static func accountName(_ wanted: String) -> String {
        let name = wanted.lowercased().map { $0 == "." || KeptName.isValid(String($0)) ? $0 : "-" }
            .drop { $0 == "." }.prefix(80)
        return name.isEmpty ? "person" : String(name)
    }

    private static func newPerson(
        _ identity: OpenIDIdentity, _ known: Person.Identity, _ configuration: OpenIDConfiguration,
        in transaction: Transaction
    ) throws -> Person {
        let wanted = identity.username ?? identity.email?.prefix { $0 != "@" }.description ?? "person"
        let base = accountName(wanted)
        var name = base
        var number = 2
        // Nobody is taken for whom an environment names before they have come.
        let approvers = Set(try transaction.environments.all().flatMap(\.rules.approvers))
        while try approvers.contains(name) || transaction.accounts.find(name) != nil {
            name = "\(base)-\(number)"
            number += 1
        }
        try PeopleOperations.add(
            name, displayName: nil, email: nil, by: .provider, in: transaction)
        guard var person = try transaction.people.find(name) else { throw PeopleOperations.unknown(name) }
        person.identity = known
        try transaction.audit(.managePeople, by: .provider, of: name, after: ["issuer": .string(known.issuer)])
        return person
    }

    /// What a provider says, as one line of 100 characters at most.
    private static func line(_ text: String?) -> String? {
        let kept = (text ?? "").filter { !$0.unicodeScalars.contains(where: PeopleOperations.disturbs) }
        let line = String(kept.prefix(100))
        return line.isEmpty ? nil : line
    }

    private func provider() throws(OperationError) -> OpenIDProvider {
        guard let provider = openID else {
            throw OperationError(
                .notFound, "no_provider", "people of this platform sign in with a name and a password",
                remedy: "SLIPWAY_OPENID_ISSUER of the service pipeline names a provider")
        }
        return provider
    }

    /// What the provider's errors mean to who is at the browser.
    private func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as OpenIDError {
            switch error.code {
            case .unreachable:
                throw OperationError(
                    .unavailable, "provider_unreachable", error.message,
                    remedy: "try again; a link of an administrator lets you in meanwhile")
            case .refused:
                throw OperationError(.forbidden, "provider_refused", error.message, remedy: "sign in again")
            case .badToken:
                throw OperationError(
                    .forbidden, "bad_id_token", error.message,
                    remedy: "sign in again; if it lasts, compare SLIPWAY_OPENID_ISSUER and SLIPWAY_OPENID_CLIENT_ID "
                        + "with the provider's")
            case .stale:
                throw OperationError(.forbidden, "stale_sign_in", error.message, remedy: "sign in again")
            }
        }
    }
}

extension Person {
    /// What a provider says about them, as the audit log has it.
    fileprivate var told: JSONValue {
        [
            "displayName": .string(displayName), "email": email.map { .string($0) } ?? .null,
            "groups": .array(groups.map { .string($0) }),
        ]
    }
}
