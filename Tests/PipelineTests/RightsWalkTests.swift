import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import TestSupport
import Testing

@testable import Pipeline

/// Every operation for every role, by each way it is reached: what the table says is what happens, and where a check is
/// missing, the walk finds it.
@Suite struct RightsWalkTests {
    @Test(arguments: RightsDoor.all.indices)
    func `Each role may do what the table says, by operations, the API, pages and commands, and nothing else`(
        index: Int
    ) async throws {
        try await RightsWalk.with { walk in
            for somebody in Somebody.all {
                for finding in try await walk.findings(RightsDoor.all[index], as: somebody) {
                    Issue.record("\(finding)")
                }
            }
        }
    }

    /// Those that need a right at all.
    private static let guarded = Operation.allCases.filter { $0.rule.place != .own }

    @Test(arguments: guarded)
    func `Where the check of an operation is missing, the walk finds each of its doors`(
        operation: Operation
    ) async throws {
        try await RightsWalk.with(table: RightsTable(without: [operation]), Somebody.least) { walk in
            for door in RightsDoor.all where door.operation == operation && !door.looksFirst {
                var found: Set<RightsWalk.Way> = []
                for somebody in Somebody.least {
                    found.formUnion(try await walk.findings(door, as: somebody).compactMap(\.way))
                }
                #expect(found == Set(door.ways), "\(door.name)")
            }
        }
    }

    @Test func `Where the checks of three operations are missing, the walk finds these and no other`() async throws {
        let viewer = Somebody(role: .viewer, scope: "shop/*")
        let missing: Set<Operation> = [.cancelRun, .seeHook, .saveEnvironment]
        try await RightsWalk.with(table: RightsTable(without: missing), [viewer]) { walk in
            var found: Set<Operation> = []
            for door in RightsDoor.all {
                found.formUnion(try await walk.findings(door, as: viewer).map(\.door.operation))
            }
            #expect(found == missing)
        }
    }

    // MARK: - Nothing is left out

    @Test func `Every operation of the table has a door`() {
        #expect(Operation.allCases.filter { operation in !RightsDoor.all.contains { $0.operation == operation } } == [])
    }

    /// What is done in the operations layer, as its code has it.
    @Test func `Every function of the operations asks for a principal, and is behind a door`() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        let code = tests.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Services/Pipeline/Operations")
        func text(_ folder: URL, _ isMeant: (String) -> Bool) throws -> [(name: String, text: String)] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter(isMeant).sorted().map { name in
                (name, String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self))
            }
        }
        let doors = try text(tests) { $0.hasPrefix("RightsDoors") }.map(\.text).joined()
        var count = 0
        for file in try text(code, { $0.contains("Operations") && $0 != "Operations.swift" }) {
            let own = file.text.split(separator: "\nprivate ")[0]
            for match in own.matches(of: /\n    func (\w+)(?:<[^>]*>)?\(([^{]*)\{/) {
                let (name, parameters) = (String(match.1), match.2)
                count += 1
                guard parameters.contains("principal: Principal") else {
                    // Who signs in is nobody yet.
                    #expect(file.name.hasPrefix("SignInOperations") || name == "seen", "\(file.name): \(name)")
                    continue
                }
                if file.name.hasPrefix("SignInOperations") { continue }
                #expect(doors.contains(".\(name)("), "\(file.name): \(name) has no door in RightsDoors")
            }
        }
        #expect(count > 60)
    }

    /// Ways in, and what a person does about themselves alone: nobody needs a right for it.
    private static let open: Set<String> = [
        "GET /api/v1/openapi.json", "POST /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/link",
        "POST /api/v1/login", "POST /api/v1/login/token", "GET /sign-in", "POST /sign-in", "GET /sign-in/provider",
        "GET /sign-in/callback", "POST /sign-out", "GET /link", "POST /link", "GET /assets/{version}/{file}",
        "GET /favicon.ico",
    ]
    private static let own: Set<String> = [
        "PUT /api/v1/me/password", "GET /login", "POST /login", "POST /account",
    ]
    /// They have no end: the test below has them.
    private static let streams: [(api: RightsDoor.Exchange?, page: RightsDoor.Exchange?)] = [
        (RightsDoor.get(.events), nil), (nil, RightsDoor.show(.liveRuns)),
    ]

    @Test func `Every route has a door, or is one of those that need no right`() async throws {
        try await PlatformFixture.with { platform in
            let router = try PipelineRouter.routes(
                platform.operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let served = Set(router.routes.map { "\($0.method.rawValue) \($0.path)" })
            let doors = RightsDoor.all.flatMap { [$0.api, $0.page] } + Self.streams.flatMap { [$0.api, $0.page] }
            let walked = Set(doors.compactMap { $0?.name })
            #expect(
                served.subtracting(walked).subtracting(Self.open).subtracting(Self.own) == [],
                "a new route needs a door in RightsDoors")
            #expect(walked.union(Self.open).union(Self.own).subtracting(served) == [], "there are no such routes")
        }
    }

    @Test func `Every command has a door, or asks no platform`() async throws {
        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?

            var leaves: [String] {
                let own = (subcommands ?? []).filter { $0.commandName != "help" }
                return own.isEmpty ? [""] : own.flatMap { child in child.leaves.map { "\(child.commandName) \($0)" } }
            }
        }
        struct Tool: Decodable { var command: Command }
        let help = try await ServiceProgram.output(of: "slipway", ["--experimental-dump-help"], [:])
        let commands = try Wire.decode(Tool.self, from: Data(help.output.utf8)).command.leaves
            .map { $0.split(separator: " ").map(String.init) }
        let typed = RightsDoor.all.compactMap(\.command)
        for command in commands where !RightsDoor.commandsWithoutDoor.contains(command.joined(separator: " ")) {
            #expect(typed.contains { $0.starts(with: command) }, "\(command) needs a door in RightsDoors+Commands")
        }
        for door in typed { #expect(commands.contains { door.starts(with: $0) }, "there is no command \(door)") }
        #expect(commands.count > 60)
    }

    @Test func `A stranger gets nowhere but to the ways in`() async throws {
        try await RightsWalk.with { walk in
            let doors = RightsDoor.all + Self.streams.map { RightsDoor(.seeRuns, api: $0.api, page: $0.page) }
            for door in doors {
                if let api = door.api {
                    let response = try await walk.client.execute(uri: api.path, method: api.method)
                    #expect(response.status == .unauthorized, "\(api.name)")
                }
                if let page = door.page {
                    let response = try await walk.client.execute(uri: page.path, method: page.method)
                    let place = response.headers[.location] ?? ""
                    #expect(response.status.code == 303 && place.hasPrefix("/sign-in"), "\(page.name)")
                }
            }
        }
    }

    // MARK: - What goes on

    @Test func `Streams tell each what they see, and nothing happened for others`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                for somebody in Somebody.all {
                    try transaction.addToken(
                        somebody.token, name: somebody.name, role: somebody.role ?? .viewer,
                        in: somebody.role == nil ? [] : [RepositoryScope(somebody.scope)].compactMap(\.self))
                }
            }
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://localhost", logger: Logger(label: "test"))
            let operations = platform.operations
            try await Application(router: router).test(.live) { client in
                let port = try #require(client.port)
                var readers: [(Somebody, StreamReader)] = []
                for somebody in Somebody.all {
                    let session = try await operations.signIn(token: somebody.token)
                    for (exchange, header) in [
                        (Self.streams[0].api, "Authorization: Bearer \(somebody.token)"),
                        (Self.streams[1].page, "Cookie: \(BrowserSessions.cookie)=\(session)"),
                    ] {
                        let path = try #require(exchange?.path)
                        readers.append((somebody, try await StreamReader.open(port: port, path, header)))
                    }
                }
                let count = readers.count
                try await eventually("all watch") { platform.store.changes.watcherCount == count }
                try await platform.push(Samples.single)
                let run = try await platform.runs()[0].id.rawValue
                let (seeing, others) = (
                    readers.filter { $0.0.outcome(of: RightsDoor(.seeRuns)) == .allowed },
                    readers.filter { $0.0.outcome(of: RightsDoor(.seeRuns)) != .allowed }
                )
                #expect(seeing.count == 16 && others.count == 6)
                for (somebody, reader) in seeing {
                    try await eventually("\(somebody) is told") { reader.text.contains(run) }
                }
                for (somebody, reader) in others { #expect(!reader.text.contains("data:"), "\(somebody)") }
                for (_, reader) in readers { reader.close() }
            }
        }
    }
}
