import Logging
import Runtime

/// `pipeline token …`: who may use the platform, also while the service runs.
struct TokenCommands {
    /// What these read: where the platform's state is.
    let settings: [any AnySetting]
    /// Opens the platform's state for a body.
    let open: @Sendable (Settings, Logger, (TokenOperations) async throws -> Void) async throws -> Void

    private static let name = Setting<String>.text("name", "what the token is called", example: "ci")

    var all: [ServiceCommand] {
        [
            ServiceCommand("token list", "lists the tokens that people and programs sign in with", settings: settings) {
                [open] settings, logger in
                try await open(settings, logger) { tokens in
                    for token in try await tokens.all(as: .administrator) { print("\(token.name)  \(token.createdAt)") }
                }
            },
            ServiceCommand(
                "token make", "makes a token and prints it; one of that name is good no more",
                settings: settings + [Self.name]
            ) { [open] settings, logger in
                let name = try settings.value(Self.name)
                try await open(settings, logger) { print(try await $0.make(name, as: .administrator)) }
            },
            ServiceCommand(
                "token revoke", "takes a token back, and signs out whoever signed in with it",
                settings: settings + [Self.name]
            ) { [open] settings, logger in
                let name = try settings.value(Self.name)
                try await open(settings, logger) { try await $0.revoke(name, as: .administrator) }
                print("revoked \(name)")
            },
        ]
    }
}
