import ArgumentParser
import Contracts

struct PersonCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "People who may sign in.",
        discussion: """
            Somebody new gets a link that works once, and with it chooses a password in a browser, or signs a command \
            in with `slipway login --link`.

              slipway person invite ada --role developer --repo 'shop/**'
              slipway person invite root --role administrator
            """,
        subcommands: [
            PersonListCommand.self, PersonInviteCommand.self, PersonLinkCommand.self, PersonSetCommand.self,
            PersonBlockCommand.self, PersonUnblockCommand.self,
        ], defaultSubcommand: PersonListCommand.self)
}

struct PersonListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the people there are.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let people: [PersonView] = try await client.all(.people)
            try connection.write(
                people,
                [
                    .init("NAME"), .init("IS CALLED", shrinks: true), .init("GROUPS", shrinks: true),
                    .init("SIGNED IN", alignsRight: true),
                ],
                none: "There is nobody yet"
            ) { person in
                let seen =
                    person.blockedAt != nil
                    ? "blocked" : person.signedInAt.map { TimeText.ago($0, now: .now) } ?? "never"
                return [
                    .init(person.name, .strong), .init(person.displayName),
                    .init(person.groups.joined(separator: ", "), .faint), .init(seen, .faint),
                ]
            }
        }
    }
}

struct PersonInviteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Make an account, and print the link that signs its person in, this once.")

    @Argument(help: "What they sign in as; it is never given to somebody else.")
    var name: String

    @Option(help: ArgumentHelp("What others read.", valueName: "name"))
    var displayName: String?

    @Option(help: "Their e-mail address.")
    var email: String?

    @Option(help: ArgumentHelp("What they may do; nothing if absent.", valueName: "role"))
    var role: Role?

    @Option(
        name: .customLong("repo"),
        help: ArgumentHelp("Where: '**', 'shop/**', 'shop/*' or shop/web; repeat it. Everywhere if absent."))
    var repositories: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let grant: LinkGrant = try await client.post(
                .people,
                body: PersonRequest(
                    name: name, displayName: displayName, email: email, role: role,
                    repositories: repositories.isEmpty ? nil : repositories))
            try grant.write(json: connection.json)
            if let role, !connection.json {
                let scopes = repositories.isEmpty ? ["**"] : repositories
                Console.remark("\(grant.name ?? name) is \(role.rawValue) of \(scopes.joined(separator: ", ")).")
            }
        }
    }
}

struct PersonLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Print another link, for somebody who has forgotten their password.")

    @Argument(help: "Whom it signs in.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withPlatform { client in
            let grant: LinkGrant = try await client.post(.personLink, [name])
            try grant.write(json: connection.json)
        }
    }
}

extension LinkGrant {
    fileprivate func write(json: Bool) throws {
        if json { return try Console.current.write(json: self) }
        Console.current.write(line: url)
        Console.remark("It signs \(name ?? "somebody") in, once, until \(expiresAt).")
    }
}

struct PersonSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change what others read, or the e-mail address.")

    @Argument(help: "Whose.")
    var name: String

    @Option(help: ArgumentHelp("What others read.", valueName: "name"))
    var displayName: String?

    @Option(help: "Their e-mail address; empty for none.")
    var email: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard displayName != nil || email != nil else { throw ValidationError("Give --display-name or --email.") }
    }

    func run() async throws {
        try await PersonChange(displayName: displayName, email: email).send(name, connection, "Changed")
    }
}

struct PersonBlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Sign somebody out everywhere and let them in no more; their tokens and links end.")

    @Argument(help: "Whom.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws { try await PersonChange(isBlocked: true).send(name, connection, "Blocked") }
}

struct PersonUnblockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unblock", abstract: "Let somebody in again.")

    @Argument(help: "Whom.")
    var name: String

    @OptionGroup var connection: ConnectionOptions

    func run() async throws { try await PersonChange(isBlocked: false).send(name, connection, "Unblocked") }
}

extension PersonChange {
    fileprivate func send(_ name: String, _ connection: ConnectionOptions, _ word: String) async throws {
        try await connection.withPlatform { client in
            let person: PersonView = try await client.put(.person, [name], body: self)
            try connection.write(person, "\(word) \(person.name)")
        }
    }
}
