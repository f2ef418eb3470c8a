import FoundationEssentials
import Testing

@testable import Runtime

private let capacity = Setting<Int>.integer(
    "capacity", "how many jobs at once", example: "4", default: 1, in: 1...64)
private let endpoint = Setting<String>.text("docker.socketPath", "the engine", example: "/var/run/docker.sock")
private let password = Setting<String>.text("db.password", "the password", example: "…", secret: true)

private func settings(_ arguments: [String] = [], _ environment: [String: String] = [:]) async throws -> Settings {
    try await Settings(arguments: ["service"] + arguments, environment: environment)
}

private func value<Value>(
    _ setting: Setting<Value>, _ arguments: [String] = [], _ environment: [String: String] = [:]
) async throws -> Value {
    try await settings(arguments, environment).value(setting)
}

@discardableResult
private func withFile<Result>(_ text: String, _ body: (String) async throws -> Result) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(
        path: "slipway-settings-\(UInt64.random(in: 0 ... .max))")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}

@Suite struct SettingsTests {
    @Test func flagWinsOverVariableOverFileOverDefault() async throws {
        try await withFile(#"{"capacity": 2, "docker": {"socketPath": "/file.sock"}}"#) { path async throws in
            let file = ["SLIPWAY_CONFIG_FILE": path]
            #expect(try await value(capacity) == 1)
            #expect(try await value(capacity, [], file) == 2)
            #expect(try await value(endpoint, [], file) == "/file.sock")
            let variable = file.merging(["SLIPWAY_CAPACITY": "3"]) { $1 }
            #expect(try await value(capacity, [], variable) == 3)
            #expect(try await value(capacity, ["--capacity", "4"], variable) == 4)
            #expect(try await value(endpoint, ["--docker-socket-path", "/flag.sock"], file) == "/flag.sock")
        }
    }

    @Test func missingNamesItselfAndAnExample() async throws {
        let error = await #expect(throws: SettingsError.self) { try await settings().value(endpoint) }
        #expect(error?.setting == "SLIPWAY_DOCKER_SOCKET_PATH")
        let names = "SLIPWAY_DOCKER_SOCKET_PATH (or the flag --docker-socket-path) is missing: "
        #expect(error?.message.hasPrefix(names) == true, "\(error?.message ?? "")")
        #expect(error?.remedy.contains("SLIPWAY_DOCKER_SOCKET_PATH=/var/run/docker.sock") == true)
    }

    @Test func wrongNamesItsSourceAndTheValue() async throws {
        let variable = await #expect(throws: SettingsError.self) {
            try await settings([], ["SLIPWAY_CAPACITY": "many"]).value(capacity)
        }
        #expect(variable?.message == "SLIPWAY_CAPACITY: “many” is not a whole number from 1 to 64")
        let flag = await #expect(throws: SettingsError.self) {
            try await settings(["--capacity", "65"]).value(capacity)
        }
        #expect(flag?.message.hasPrefix("--capacity: “65”") == true)
        try await withFile(#"{"capacity": "none"}"#) { path async throws in
            let file = await #expect(throws: SettingsError.self) {
                try await settings([], ["SLIPWAY_CONFIG_FILE": path]).value(capacity)
            }
            #expect(file?.message.contains("“capacity” in \(path)") == true)
        }
    }

    @Test func secretComesFromAFileAndIsNeverShown() async throws {
        try await withFile("hunter2\n") { path async throws in
            #expect(try await value(password, [], ["SLIPWAY_DB_PASSWORD_FILE": path]) == "hunter2")
        }
        let missing = await #expect(throws: SettingsError.self) {
            try await settings([], ["SLIPWAY_DB_PASSWORD_FILE": "/nowhere/at/all"]).value(password)
        }
        #expect(missing?.message.contains("/nowhere/at/all") == true)
        let wrong = Setting<Int>(
            "pin", "a number", example: "1", secret: true
        ) { _ in throw SettingProblem(expected: "a number") }
        let error = await #expect(throws: SettingsError.self) {
            try await settings([], ["SLIPWAY_PIN": "hunter2"]).value(wrong)
        }
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test func configurationFileThatIsNone() async throws {
        await #expect(throws: SettingsError.self) { try await settings(["--config-file", "/nowhere.json"]) }
        try await withFile("{broken") { path async throws in
            await #expect(throws: SettingsError.self) { try await settings([], ["SLIPWAY_CONFIG_FILE": path]) }
        }
    }

    @Test(arguments: [("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300))])
    func durations(text: String, expected: Duration) async throws {
        let setting = Setting<Duration>.duration("grace", "…")
        #expect(try await value(setting, [], ["SLIPWAY_GRACE": text]) == expected)
    }

    @Test(arguments: ["", "s", "-1s", "1d", "1.5s", "99999999999999999999s"])
    func wrongDurations(text: String) async throws {
        let setting = Setting<Duration>.duration("grace", "…")
        await #expect(throws: SettingsError.self) { try await settings(["--grace", text]).value(setting) }
    }

    @Test(arguments: [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:9", "::1", 9), (":8080", "0.0.0.0", 8080)])
    func listenAddresses(text: String, host: String, port: Int) throws {
        let address = try #require(ListenAddress(text))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test func noListenAddress() {
        for text in ["", "80", "host", "host:x", "host:70000", "host:-1"] { #expect(ListenAddress(text) == nil) }
    }
}

@Suite struct ArgumentTests {
    private let main = ServiceMain(name: "builder", summary: "runs jobs", settings: [capacity, endpoint], adminPort: 1)

    @Test func unknownFlagsAreNamed() {
        #expect(main.unknownArgument(in: ["--capacity", "4", "--docker-socket-path=/a"]) == nil)
        #expect(main.unknownArgument(in: ["--capacitty", "4"])?.contains("“--capacitty”") == true)
        #expect(main.unknownArgument(in: ["start"])?.contains("“start”") == true)
        #expect(main.unknownArgument(in: ["--capacity"])?.contains("needs a value") == true)
    }

    @Test func variablesThatNobodyReadsAreNamedWithWhatWasMeant() {
        let environment = [
            "PATH": "/bin", "SLIPWAY_CAPACITY": "4", "SLIPWAY_DOCKER_SOCKET_PATH_FILE": "/x",
            "SLIPWAY_LOG_LEVEL": "debug",
            "SLIPWAY_CAPACTY": "4", "SLIPWAY_DOCKER_SOKET_PATH_FILE": "/x", "SLIPWAY_MIRROR_URL": "x",
            "SLIPWAY_SYNC_PORT": "tcp://10.0.0.1:8081", "SLIPWAY_SYNC_SERVICE_HOST": "10.0.0.1",
            "SLIPWAY_SYNC_PORT_8081_TCP_ADDR": "10.0.0.1", "SLIPWAY_SYNC_SERVICE_PORT_HTTP": "8081",
        ]
        #expect(
            main.unread(environment) == [
                .init(name: "SLIPWAY_CAPACTY", meant: "SLIPWAY_CAPACITY"),
                .init(name: "SLIPWAY_DOCKER_SOKET_PATH_FILE", meant: "SLIPWAY_DOCKER_SOCKET_PATH_FILE"),
                .init(name: "SLIPWAY_MIRROR_URL"),
            ])
    }

    @Test func commandsHaveFlagsOfTheirOwn() throws {
        let main = ServiceMain(
            name: "pipeline", summary: "keeps runs", settings: [capacity], adminPort: 1,
            commands: [
                ServiceCommand("database check", "looks", settings: [endpoint]) { _, _ in },
                ServiceCommand("database copy", "copies", settings: [password]) { _, _ in },
            ])
        let copy = try #require(main.command(in: ["database", "copy", "--db-password", "x"]))
        #expect(copy.name == "database copy")
        #expect(main.unknownArgument(in: ["--db-password", "x", "--log-level=debug"], of: copy) == nil)
        #expect(main.unknownArgument(in: ["--capacity", "4"], of: copy)?.contains("“--capacity”") == true)
        #expect(main.command(in: ["database"]) == nil)
        #expect(
            main.unknownArgument(in: ["database", "drop"])
                == "“database” is not a command; the commands are pipeline database check, pipeline database copy")
        #expect(main.help.contains("pipeline database copy [--setting value …]    copies\n"))
        #expect(main.help(of: copy).contains("SLIPWAY_DB_PASSWORD"))
        #expect(!main.help(of: copy).contains("SLIPWAY_CAPACITY"))
    }

    @Test func helpExplainsEverySetting() {
        for setting in [capacity, endpoint, CommonSettings.brokerURL] as [any AnySetting] {
            #expect(main.help.contains(setting.flag))
            #expect(main.help.contains(setting.variable))
            #expect(main.help.contains(setting.summary))
        }
    }
}
