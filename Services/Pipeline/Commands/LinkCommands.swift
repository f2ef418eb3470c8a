import Contracts
import Logging
import Runtime

/// `pipeline link make`: lets somebody in, also while the service runs. Whoever may run it on the platform's machine is
/// trusted with all of it.
struct LinkCommands: Sendable {
    /// What it reads: where the platform's state is, and where people reach it.
    let settings: [any AnySetting]
    /// Opens the platform's state for a body.
    let open: @Sendable (Settings, Logger, (PeopleOperations) async throws -> Void) async throws -> Void

    private static let name = Setting<String>.text(
        "name",
        "whom it signs in; somebody who is not known yet becomes an administrator, and so does whoever opens one without "
            + "a name first", example: "ada")

    var all: [ServiceCommand] {
        [
            ServiceCommand(
                "link make", "prints a link that signs somebody in, once", settings: settings + [Self.name]
            ) { [open] settings, logger in
                do {
                    let name = try settings.optional(Self.name)
                    try await open(settings, logger) { people in
                        print(try await people.makeLink(for: name, as: .administrator).url)
                    }
                } catch let error as OperationError {
                    throw SettingsError(
                        setting: Self.name.variable, message: error.problem.message,
                        remedy: error.problem.remedy ?? "see: slipway person list")
                }
            }
        ]
    }
}
