public import Logging
public import ServiceLifecycle
import UnixSignals

/// Something that a service's program does instead of serving, such as `pipeline database check`.
public struct ServiceCommand: Sendable {
    /// What is typed after the program's name.
    let words: [String]
    /// One line for `--help`.
    let summary: String
    let settings: [any AnySetting]
    let run: @Sendable (Settings, Logger) async throws -> Void

    /// - Parameters:
    ///   - name: one word or more, separated by spaces.
    ///   - settings: those it reads, beside the ones of the log and the configuration file.
    ///   - run: does it; what it throws ends the program as it does a service's start.
    public init(
        _ name: String, _ summary: String, settings: [any AnySetting],
        run: @escaping @Sendable (Settings, Logger) async throws -> Void
    ) {
        words = name.split(separator: " ").map(String.init)
        self.summary = summary
        self.settings = settings
        self.run = run
    }

    /// Runs a service until it ends, or SIGTERM or SIGINT comes: for a command that stays.
    /// - Throws: what the service throws.
    public static func serve(_ service: some Service, logger: Logger) async throws {
        try await ServiceGroup(
            services: [service], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    var name: String { words.joined(separator: " ") }

    var all: [any AnySetting] {
        settings + [CommonSettings.logLevel, CommonSettings.logFormat, CommonSettings.configFile]
    }
}
