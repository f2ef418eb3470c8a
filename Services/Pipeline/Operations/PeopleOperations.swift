import Contracts
import Logging

/// People: who there are, how they come and go.
struct PeopleOperations: Sendable {
    let store: PipelineStore
    let signIns: SignInOperations

    func all(as principal: Principal) async throws -> [PersonView] {
        try principal.require(.seePeople)
        return try await store.read { try $0.people.all().map(\.view) }
    }

    /// Who asks.
    func me(as principal: Principal) async throws -> MeView {
        try principal.require(.seeOwnAccount)
        return MeView(
            name: principal.name, person: try await store.read { try $0.people.find(principal.name)?.view },
            session: principal.session, token: principal.token)
    }

    /// Makes a person's account, and a link that signs them in.
    func invite(_ request: PersonRequest, as principal: Principal) async throws -> LinkGrant {
        try principal.require(.managePeople)
        let name = try Self.name(request.name)
        let scopes = try request.repositories.map { try RepositoryScope.all(in: $0) } ?? [.all]
        return try await store.write(as: principal) { transaction in
            try Self.add(
                name, displayName: request.displayName, email: request.email, by: principal, in: transaction)
            for scope in scopes {
                guard let role = request.role else { break }
                try transaction.give(Rights.Grant(role: role, scope: scope), to: name, by: principal)
            }
            try transaction.audit(.managePeople, by: principal, of: name, after: .audited(request))
            return try signIns.link(for: name, by: principal, in: transaction)
        }
    }

    func change(_ name: String, _ change: PersonChange, as principal: Principal) async throws -> PersonView {
        try principal.require(.managePeople)
        if change.isBlocked == true, name == principal.name {
            throw OperationError(
                .conflict, "own_account", "nobody blocks their own account", remedy: "have another administrator do it")
        }
        return try await store.write(as: principal) { transaction in
            guard var person = try transaction.people.find(name) else { throw Self.unknown(name) }
            let before = person.view
            if let displayName = change.displayName { person.displayName = try Self.displayName(displayName) }
            if let email = change.email { person.email = email.isEmpty ? nil : try Self.email(email) }
            try transaction.people.save(person)
            if let isBlocked = change.isBlocked {
                let hasAdministrator = try transaction.accounts.hasAdministrator()
                try transaction.accounts.setBlocked(name, at: isBlocked ? person.blockedAt ?? transaction.now : nil)
                if isBlocked {
                    try transaction.sessions.removeAll(of: name)
                    try transaction.people.removeLinks(of: name)
                    try transaction.logins.removeAll(of: name)
                    try transaction.access.removeTokens(of: name)
                    if hasAdministrator { try RoleOperations.checkAdministrators(of: .all, in: transaction) }
                }
                try transaction.approversChanged()
            }
            guard let changed = try transaction.people.find(name) else { throw Self.unknown(name) }
            try transaction.audit(
                .managePeople, by: principal, of: name, before: .audited(before), after: .audited(changed.view))
            return changed.view
        }
    }

    /// A link for somebody who has no password or has forgotten it; earlier ones are good no more.
    func link(for name: String, as principal: Principal) async throws -> LinkGrant {
        try principal.require(.managePeople)
        guard principal.token == nil || name != principal.name else {
            throw OperationError(
                .forbidden, "own_link", "a token makes no link for its own account, which would outlive it",
                remedy: "sign in with a browser, or have another administrator make it")
        }
        return try await store.write(as: principal) { transaction in
            guard let person = try transaction.people.find(name) else { throw Self.unknown(name) }
            guard person.blockedAt == nil else {
                throw OperationError(
                    .conflict, "blocked_account", "the account “\(name)” is blocked",
                    remedy: "slipway person unblock \(name)")
            }
            try transaction.people.removeLinks(of: name)
            try transaction.audit(.managePeople, by: principal, of: name, after: ["link": "given"])
            return try signIns.link(for: name, by: principal, in: transaction)
        }
    }

    // MARK: - The machine's administrator

    /// A link for whoever administers the machine: for a person there is, or for an administrator who is added.
    /// - Parameter name: `nil` where who opens it chooses the name.
    func makeLink(for name: String?, as principal: Principal) async throws -> LinkGrant {
        guard let name = try name.map(Self.name) else {
            try principal.require(.managePeople)
            return try await store.write(as: principal) { transaction in
                try transaction.people.removeOpenLinks()
                try transaction.audit(
                    .managePeople, by: principal, of: "whoever opens the link", after: ["role": "administrator"])
                return try signIns.link(for: nil, by: principal, in: transaction)
            }
        }
        guard try await store.read({ try $0.people.find(name) == nil }) else {
            return try await link(for: name, as: principal)
        }
        try principal.require(.managePeople)
        return try await store.write(as: principal) { transaction in
            try Self.add(name, displayName: nil, email: nil, by: principal, in: transaction)
            try transaction.accounts.grant(
                Rights.Grant(role: .administrator, scope: .all), to: name, by: principal.name, now: transaction.now)
            try transaction.audit(.managePeople, by: principal, of: name, after: ["role": "administrator"])
            return try signIns.link(for: name, by: principal, in: transaction)
        }
    }

    /// While no administrator has signed in yet, logs a link that makes one of whoever opens it first: whom a provider lets
    /// in may nothing by that.
    func prepare(as principal: Principal, logger: Logger) async throws {
        let isOpen = try await store.read { tables in
            try !tables.people.all().contains { person in
                guard person.signedInAt != nil, person.blockedAt == nil else { return false }
                let rights = try tables.accounts.rights(of: person.name, groups: person.groups)
                return rights.platformRole == .administrator
            }
        }
        guard isOpen else { return }
        let link = try await makeLink(for: nil, as: principal)
        logger.notice(
            "no administrator has signed in yet: this link makes one of whoever opens it first",
            metadata: ["link": "\(link.url)", "until": "\(link.expiresAt)"])
    }

    // MARK: - What is kept

    static func add(
        _ name: String, displayName: String?, email: String?, by principal: Principal, in transaction: Transaction
    ) throws {
        guard try transaction.accounts.find(name) == nil else {
            throw OperationError(
                .conflict, "account_exists", "there is, or was, an account “\(name)”",
                remedy: "take another name: none is given twice")
        }
        let now = transaction.now
        try transaction.accounts.add(
            Account(name: name, kind: .person, createdBy: principal.name, createdAt: now, blockedAt: nil))
        try transaction.people.save(
            Person(
                name: name, displayName: try displayName.map(Self.displayName) ?? name,
                email: try email.map(Self.email), identity: nil, groups: [], hasPassword: false, createdAt: now))
    }

    /// A name to sign in as: in lower case, so that none is taken for another one.
    static func name(_ text: String) throws(OperationError) -> String {
        let name = text.lowercased()
        guard KeptName.isValid(name) else { throw KeptName.malformed("person's", text) }
        return name
    }

    static func displayName(_ text: String) throws(OperationError) -> String {
        guard (1...100).contains(text.count), !text.unicodeScalars.contains(where: Self.disturbs) else {
            throw .invalid(
                "malformed_display_name",
                "a person's name has 1 to 100 characters, in one line and written in one direction")
        }
        return text
    }

    /// Whether it ends a line, or turns the text around it.
    static func disturbs(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isBidiControl
            || [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    static func email(_ text: String) throws(OperationError) -> String {
        guard (3...254).contains(text.utf8.count), text.contains("@"), !text.contains(where: \.isWhitespace) else {
            throw .invalid("malformed_email", "“\(text)” is no e-mail address", remedy: "such as ada@example.com")
        }
        return text
    }

    static func unknown(_ name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_person", "there is no person “\(name)”", remedy: "see slipway person list")
    }
}
