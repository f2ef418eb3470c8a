import Contracts
import Logging
import Runtime

/// `pipeline token …`: who may use the platform, also while the service runs.
struct TokenCommands: Sendable {
    /// What these read: where the platform's state is.
    let settings: [any AnySetting]
    /// Opens the platform's state for a body.
    let open: @Sendable (Settings, Logger, (TokenOperations) async throws -> Void) async throws -> Void

    private static let name = Setting<String>.text("name", "what the token is called", example: "ci")
    private static let roles = Role.allCases.map(\.rawValue).joined(separator: ", ")
    private static let role = Setting<Role>(
        "role", "what a new service account may do: \(roles)", example: "developer"
    ) { text in
        guard let role = Role(rawValue: text) else { throw SettingProblem(expected: "one of \(roles)") }
        return role
    }
    private static let repositories = Setting<String>.text(
        "repositories", "where it may do that, separated by commas; everywhere if absent", example: "shop/*")

    var all: [ServiceCommand] {
        [
            command("list", "lists the tokens that people and programs sign in with", []) { tokens, _ in
                for token in try await tokens.all(as: .administrator) { print("\(token.name)  \(token.createdAt)") }
            },
            command(
                "make", "makes a token of a service account and prints it; one of that name is good no more",
                [Self.name, Self.role, Self.repositories]
            ) { tokens, settings in
                let request = TokenRequest(
                    name: try settings.value(Self.name), role: try settings.optional(Self.role),
                    repositories: try settings.optional(Self.repositories)?.split(separator: ",").map(String.init))
                print(try await tokens.make(request, as: .administrator).token)
            },
            command("revoke", "takes a token back, and signs out whoever signed in with it", [Self.name]) {
                let name = try $1.value(Self.name)
                try await $0.revoke(name, as: .administrator)
                print("revoked \(name)")
            },
        ]
    }

    /// A refusal ends the program as a setting that is wrong does.
    private func command(
        _ word: String, _ summary: String, _ own: [any AnySetting],
        _ body: @Sendable @escaping (TokenOperations, Settings) async throws -> Void
    ) -> ServiceCommand {
        ServiceCommand("token \(word)", summary, settings: settings + own) { [open] settings, logger in
            do {
                try await open(settings, logger) { try await body($0, settings) }
            } catch let error as OperationError {
                throw SettingsError(
                    setting: Self.name.variable, message: error.problem.message,
                    remedy: error.problem.remedy ?? "see: pipeline token list")
            }
        }
    }
}
