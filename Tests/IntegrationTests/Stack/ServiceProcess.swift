import SystemPackage
import TestSupport

/// One of Slipway's executables: started, killed and started again.
actor ServiceProcess {
    let name: String
    let environment: [String: String]
    private let log: FilePath
    private var running: ServiceProgram?
    private var program: FilePath

    init(name: String, environment: [String: String], log: FilePath) {
        self.name = name
        self.environment = environment
        self.log = log
        program = ServiceProgram.folder.appending(name)
    }

    /// Another process of the same service, with some settings of its own.
    func replica(_ settings: [String: String], log: FilePath) -> ServiceProcess {
        ServiceProcess(name: name, environment: environment.merging(settings) { $1 }, log: log)
    }

    /// Starts the program; returns when it runs, not when it is ready.
    /// - Parameter folder: where the program is, of another version.
    func start(from folder: FilePath? = nil) async throws {
        program = (folder ?? ServiceProgram.folder).appending(name)
        running = try await ServiceProgram.start(path: program, environment, log: log)
    }

    /// Ends it without a warning, as a crash or the kernel would, and waits until it is gone.
    func kill() async throws {
        try await end("KILL")
    }

    /// Asks it to end and waits until it has.
    func stop() async throws {
        try await end("TERM")
    }

    /// Waits for its end, which it comes to by itself.
    func exit() async throws -> ServiceExit? {
        let running = running
        self.running = nil
        return try await running?.exit()
    }

    private func end(_ signal: String) async throws {
        guard let running else { return }
        self.running = nil
        // It may have ended by itself.
        try? await running.signal(signal)
        _ = try await running.exit()
    }

    /// Has the service's program run one of its commands, beside the service.
    /// - Returns: what it says, and how it ends.
    func command(_ words: [String]) async throws -> (text: String, code: ServiceExit) {
        let file = log.removingLastComponent().appending("command-\(UInt32.random(in: 0 ... .max)).log")
        // Under a library that is loaded before all others Swift's runtime finds no arguments.
        let environment = environment.filter { $0.key != "LD_PRELOAD" }
        let command = try await ServiceProgram.start(path: program, environment, words, log: file)
        let code = try await command.exit()
        return (try await runTool("cat", [file.string]), code)
    }

    /// A new administrator's token, of `pipeline`.
    func token(named name: String) async throws -> String {
        let made = try await command(["token", "make", "--name", name, "--role", "administrator"])
        guard let token = made.text.split(separator: "\n").last(where: { $0.hasPrefix("slp_") }) else {
            throw TestFailure("no token was made: \(made.text)")
        }
        return String(token)
    }

    /// The last lines of its log, for a failure's text.
    func tail(_ lines: Int = 40) async -> String {
        (try? await runTool("tail", ["-n", "\(lines)", log.string])) ?? "no log"
    }
}
