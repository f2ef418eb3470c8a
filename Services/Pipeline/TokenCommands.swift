import Contracts
import Glibc
import Logging
import Runtime
import Storage

/// `pipeline token …`: who may use the platform, also while the service runs. A token is printed once and kept as a hash.
enum TokenCommands {
    static let name = Setting<String>("name", "what the token is called", example: "ci") { text in
        guard KeptName.isValid(text) else {
            throw SettingProblem(expected: "letters, digits, “_”, “-” and “.”, 100 at most")
        }
        return text
    }

    private static let place: [any AnySetting] = [
        CommonSettings.data, PipelineSettings.databaseURL, PipelineSettings.databasePassword,
    ]

    static let all = [
        ServiceCommand("token list", "lists the tokens that people and programs sign in with", settings: place) {
            settings, logger in
            try await withStore(settings, logger) { store in
                for token in try await store.read({ try $0.access.tokens() }) {
                    print("\(token.name)  \(token.createdAt)")
                }
            }
        },
        ServiceCommand(
            "token make", "makes a token and prints it; one of that name is good no more", settings: place + [name]
        ) { settings, logger in
            let name = try settings.value(name)
            try await withStore(settings, logger) { store in
                let token = AccessStore.random(prefix: "slp_")
                let file = "\(try settings.value(CommonSettings.data))/\(FirstToken.file)"
                // The file first: a token that is known but written nowhere would lock everyone out.
                if name == FirstToken.name { try FirstToken.write(token, to: file) }
                try await store.write { try $0.access.addToken(token, name: name, now: $0.now) }
                print(token)
            }
        },
        ServiceCommand(
            "token revoke", "takes a token back, and signs out whoever signed in with it", settings: place + [name]
        ) { settings, logger in
            let name = try settings.value(name)
            try await withStore(settings, logger) { store in
                try await store.write { transaction in
                    let names = try transaction.access.tokens().map(\.name)
                    guard names.contains(name) else {
                        throw Self.refusal("there is no token “\(name)”", "see: pipeline token list")
                    }
                    guard names.count > 1 else {
                        throw Self.refusal(
                            "“\(name)” is the last token", "make another first: pipeline token make --name NAME")
                    }
                    try transaction.access.removeToken(name)
                }
                if name == FirstToken.name {
                    unlink("\(try settings.value(CommonSettings.data))/\(FirstToken.file)")
                }
                print("revoked \(name)")
            }
        },
    ]

    private static func withStore(
        _ settings: Settings, _ logger: Logger, _ body: (PipelineStore) async throws -> Void
    ) async throws {
        let store = try await Pipeline.open(settings, logger, asItIs: true)
        guard try await store.pending(Schema.migrations).isEmpty else {
            throw StoreError(.olderSchema, "\(store.name) is not up to date; start the service once")
        }
        try await body(PipelineStore(store: store))
        try await store.close()
    }

    private static func refusal(_ message: String, _ remedy: String) -> SettingsError {
        SettingsError(setting: name.variable, message: message, remedy: remedy)
    }
}
