import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport

@testable import Pipeline

/// Somebody with a role in a scope; the repository of the scene is `shop/web`.
struct Somebody: Sendable, CustomStringConvertible {
    let role: Role?
    let scope: String

    static let all =
        [Somebody(role: nil, scope: "shop/*")]
        + ["shop/*", "**"].flatMap { scope in Role.allCases.map { Somebody(role: $0, scope: scope) } }
        + [.viewer, .administrator].map { Somebody(role: $0, scope: "other/*") }

    /// Those who may do the least.
    static let least =
        [Somebody(role: nil, scope: "shop/*")]
        + ["shop/*", "other/*"].map { Somebody(role: .viewer, scope: $0) }

    var name: String { "\(role?.rawValue ?? "nobody")-\(scope == "**" ? "all" : String(scope.prefix(4)))" }
    var description: String { "\(role?.rawValue ?? "nobody") of \(scope)" }
    var token: String { "slp_\(name)" }
    private var sees: Bool { role != nil && scope != "other/*" }

    /// What the documentation says, said another time.
    func outcome(of door: RightsDoor) -> RightsWalk.Outcome {
        switch door.kind {
        case .one, .ended: outcome(of: door.operation, at: door.place)
        case .hidden: may(door) ? .allowed : .hidden
        case .shared: role == nil ? .refused : !sees ? .hidden : outcome(of: door.operation, at: door.place)
        case .part: !sees ? .hidden : may(door) ? .allowed : .empty
        case .list where door.place == .anywhere: !may(door) ? .refused : sees ? .allowed : .empty
        case .list: may(door) ? .allowed : .empty
        }
    }

    private func may(_ door: RightsDoor) -> Bool { outcome(of: door.operation, at: door.place) == .allowed }

    private func outcome(of operation: Operation, at place: Operation.Place) -> RightsWalk.Outcome {
        let mayHere = role.map { role in operation.rule.role.map { role >= $0 } ?? true } ?? false
        switch place {
        case .repository: return !sees ? .hidden : mayHere ? .allowed : .refused
        case .platform: return mayHere && scope == "**" ? .allowed : .refused
        case .anywhere: return mayHere ? .allowed : .refused
        case .own: return .allowed
        case .stages: return .refused
        }
    }
}

/// Tries doors as somebody, and finds what is not as the table says.
struct RightsWalk: Sendable {
    /// What becomes of an attempt.
    enum Outcome: Equatable {
        case allowed
        /// What is asked for is seen, or is no secret.
        case refused
        /// As if there were no such thing.
        case hidden
        /// Answered, without what only others see.
        case empty
        case failed(String)
    }

    enum Way: String, CaseIterable {
        case operations = "the operations"
        case api = "the API"
        case page = "a page"
        case command = "a command"
    }

    struct Finding: CustomStringConvertible {
        let door: RightsDoor
        let way: Way?
        let somebody: Somebody
        let text: String

        var description: String {
            "\(somebody): \(door.operation.rawValue)\(way.map { " by \($0.rawValue)" } ?? ""): \(text)"
        }
    }

    let platform: PlatformFixture
    let client: TestClient
    /// Over connections.
    let live: TestClient

    static func with(
        table: RightsTable = .standard, _ somebodies: [Somebody] = Somebody.all,
        _ body: @escaping @Sendable (RightsWalk) async throws -> Void
    ) async throws {
        try await PlatformFixture.with(table: table) { platform in
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "http://localhost",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            try await platform.store.write { transaction in
                for somebody in somebodies {
                    try transaction.addToken(
                        somebody.token, name: somebody.name, role: somebody.role ?? .viewer,
                        in: somebody.role == nil ? [] : [RepositoryScope(somebody.scope)].compactMap(\.self))
                }
            }
            for (name, text) in [("component", RightsDoor.component), ("value", "v")] {
                try Data(text.utf8).write(to: URL(filePath: "\(platform.directory)/\(name)"))
            }
            let application = Application(router: router)
            try await application.test(.router) { client in
                try await application.test(.live) { live in
                    try await body(RightsWalk(platform: platform, client: client, live: live))
                }
            }
        }
    }

    /// What is not as it should be, of each way through a door.
    func findings(_ door: RightsDoor, as somebody: Somebody) async throws -> [Finding] {
        var findings: [Finding] = []
        let expected = somebody.outcome(of: door)
        for way in door.ways {
            func note(_ text: String) { findings.append(Finding(door: door, way: way, somebody: somebody, text: text)) }
            let noted = try await entries(of: somebody, door)
            let scene = try await scene(door, somebody)
            let answer = try await attempt(way, door, scene, somebody)
            if answer.outcome != expected { note("\(answer.outcome), and the table says \(expected)") }
            // Each change is in the audit log once, and what was refused is no change.
            let changes = expected == .allowed && door.isChange ? 1 : 0
            let found = try await entries(of: somebody, door) - noted
            if found != changes { note("\(found) entries in the audit log, and not \(changes)") }
            // Whoever does not see it is not told by the words either whether there is such a thing.
            let isBlind = answer.outcome == .hidden || (answer.outcome == .refused && !door.isSeenFirst)
            guard isBlind, expected == answer.outcome else { continue }
            let other = try await attempt(way, door, scene.absent, somebody)
            if other.text.masked(scene.absent) != answer.text.masked(scene) {
                note("“\(answer.text)”, and of what is not there “\(other.text)”")
            }
        }
        return findings
    }

    private func scene(_ door: RightsDoor, _ somebody: Somebody) async throws -> RightsScene {
        let scene = try await RightsScene.make(platform, for: door.operation, as: somebody.name)
        if door.isEnded { _ = try await platform.cancel(scene.run) }
        return scene
    }

    private func entries(of somebody: Somebody, _ door: RightsDoor) async throws -> Int {
        let query = AuditQuery(account: somebody.name, operation: door.operation.rawValue)
        return try await platform.store.read { try $0.audits.page(query, limit: 200).items.count }
    }

    // MARK: - The ways

    private struct Answer {
        var outcome: Outcome
        var text: String

        /// - Parameter mark: what it says for those who see more than others.
        init(_ outcome: Outcome, _ text: String, mark: String?) {
            self.text = text
            self.outcome = if let mark, outcome == .allowed, !text.contains(mark) { .empty } else { outcome }
        }
    }

    private func attempt(
        _ way: Way, _ door: RightsDoor, _ scene: RightsScene, _ somebody: Somebody
    ) async throws -> Answer {
        let mark = door.mark(way).map(scene.filled)
        switch (way, door.call, door.api, door.page) {
        case (.operations, let call?, _, _):
            do {
                let value = try await call(scene, try await platform.operations.access.principal(token: somebody.token))
                return Answer(.allowed, "\(value)", mark: mark)
            } catch let error as OperationError {
                return Answer(Self.outcome(of: error), "\(error)", mark: nil)
            } catch {
                return Answer(.failed("\(error)"), "", mark: nil)
            }
        case (.api, _, let api?, _):
            return try await ask(
                door.isEnded ? live : client, api, scene, mark,
                [.authorization: "Bearer \(somebody.token)", .contentType: "application/json"])
        case (.page, _, _, let page?):
            let session = try await platform.operations.signIn(token: somebody.token)
            return try await ask(
                door.isEnded ? live : client, page, scene, mark,
                [
                    .cookie: "\(BrowserSessions.cookie)=\(session)", .secFetchSite: "same-origin",
                    .contentType: "application/x-www-form-urlencoded",
                ])
        default: return try await run(door.command ?? [], scene, mark, somebody)
        }
    }

    private func run(
        _ command: [String], _ scene: RightsScene, _ mark: String?, _ somebody: Somebody
    ) async throws -> Answer {
        let ended = try await ServiceProgram.output(
            of: "slipway", command.map(scene.filled),
            [
                "HOME": platform.directory, "SLIPWAY_SERVER": "http://127.0.0.1:\(live.port ?? 0)",
                "SLIPWAY_TOKEN": somebody.token,
            ])
        switch ended.status {
        case .exited(0): return Answer(.allowed, ended.output, mark: mark)
        case .exited(1): return Answer(Self.outcome(ofWords: ended.errors), ended.errors, mark: nil)
        default: return Answer(.failed("\(ended)"), ended.errors, mark: nil)
        }
    }

    private static func outcome(ofWords text: String) -> Outcome {
        switch text {
        case _ where text.contains("takes the role"): .refused
        case _ where text.contains("there is no ") || text.contains("is not registered"): .hidden
        // It was told what needs the key.
        case _ where text.contains("cannot be retired"): .allowed
        default: .failed(text)
        }
    }

    private func ask(
        _ client: TestClient, _ exchange: RightsDoor.Exchange, _ scene: RightsScene, _ mark: String?,
        _ headers: HTTPFields
    ) async throws -> Answer {
        let response = try await client.execute(
            uri: scene.filled(exchange.path), method: exchange.method, headers: headers,
            body: exchange.body.map { ByteBuffer(string: scene.filled($0)) })
        let text = "\(response.headers[.location] ?? "")\(String(buffer: response.body))"
        switch response.status {
        case .forbidden: return Answer(.refused, text, mark: mark)
        case .notFound: return Answer(.hidden, text, mark: mark)
        case let status where status.code < 400 || status == .unprocessableContent:
            return Answer(.allowed, text, mark: mark)
        default: return Answer(.failed("\(response.status) \(text)"), text, mark: mark)
        }
    }

    private static func outcome(of error: OperationError) -> Outcome {
        switch error.kind {
        case .forbidden where error.problem.code == "not_allowed": .refused
        case .notFound: .hidden
        default: .failed("\(error)")
        }
    }
}

extension RightsDoor {
    /// For whoever looks for it.
    var name: String {
        [operation.rawValue, api?.name, page?.name, command?.joined(separator: " ")].compactMap(\.self).joined(
            separator: ", ")
    }

    var ways: [RightsWalk.Way] {
        RightsWalk.Way.allCases.filter { way in
            switch way {
            case .operations: call != nil
            case .api: api != nil
            case .page: page != nil
            case .command: command != nil
            }
        }
    }

    var isEnded: Bool {
        if case .ended = kind { true } else { false }
    }

    /// Whether those see what it is about who are refused.
    var isSeenFirst: Bool {
        if case .shared = kind { true } else { place == .repository }
    }

    /// A page that offers a change makes none.
    var isChange: Bool {
        if case .part = kind { return false }
        return operation.rule.isChange
    }

    func mark(_ way: RightsWalk.Way) -> String? {
        switch kind {
        case .list(let text, let page): way == .page ? page : text
        case .part(let text): text
        case .one, .ended, .shared, .hidden: nil
        }
    }
}

extension String {
    /// Without what it names, and when.
    fileprivate func masked(_ scene: RightsScene) -> String {
        var text = replacing(scene.run.rawValue, with: "RUN").replacing(/data-now="\d+"/, with: "")
        for (name, absence) in RightsScene.absences { text = text.replacing(absence, with: name) }
        return text
    }
}

extension RightsTable {
    /// In which these need nothing.
    init(without operations: Set<Operation>) {
        self = .standard
        for operation in operations { (self[operation].role, self[operation].place) = (nil, .own) }
    }
}
