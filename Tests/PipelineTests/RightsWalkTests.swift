import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Pipeline

/// Every operation for every role, by each way it is reached: what the table says is what happens, and where a check is
/// missing, what it does not say.
@Suite struct RightsWalkTests {
    /// What becomes of an attempt.
    enum Outcome: Equatable {
        case allowed
        /// What is asked for is seen, or is no secret.
        case refused
        /// As if there were no such thing.
        case hidden
        case failed(String)

        init(_ error: OperationError) {
            switch error.kind {
            case .forbidden where error.problem.code == "not_allowed": self = .refused
            case .notFound: self = .hidden
            default: self = .failed("\(error)")
            }
        }

        init(_ response: TestResponse) {
            switch response.status {
            case .forbidden: self = .refused
            case .notFound: self = .hidden
            case let status where status.code < 400 || status == .unprocessableContent: self = .allowed
            default: self = .failed("\(response.status) \(String(buffer: response.body))")
            }
        }
    }

    /// Somebody with a role in a scope; the repository of the scene is `shop/web`.
    struct Somebody: Sendable, CustomStringConvertible {
        let role: Role?
        let scope: String

        static let all =
            [Somebody(role: nil, scope: "shop/*")]
            + ["shop/*", "**"].flatMap { scope in Role.allCases.map { Somebody(role: $0, scope: scope) } }
            + [.viewer, .administrator].map { Somebody(role: $0, scope: "other/*") }

        var name: String { "\(role?.rawValue ?? "nobody")-\(scope == "**" ? "all" : String(scope.prefix(4)))" }
        var description: String { "\(role?.rawValue ?? "nobody") of \(scope)" }

        /// What the documentation says, said another time.
        func outcome(of operation: Operation) -> Outcome {
            let rule = operation.rule
            let mayHere = role.map { role in rule.role.map { role >= $0 } ?? true } ?? false
            switch rule.place {
            case .repository:
                guard role != nil, scope != "other/*" else { return .hidden }
                return mayHere ? .allowed : .refused
            case .platform: return mayHere && scope == "**" ? .allowed : .refused
            case .anywhere: return mayHere ? .allowed : .refused
            case .own: return .allowed
            case .stages: return .refused
            }
        }
    }

    private func secret(of somebody: Somebody, on platform: PlatformFixture) async throws -> String {
        let token = "slp_\(somebody.name)"
        try await platform.store.write { transaction in
            try transaction.addToken(
                token, name: somebody.name, role: somebody.role ?? .viewer,
                in: somebody.role == nil ? [] : [#require(RepositoryScope(somebody.scope))])
        }
        return token
    }

    @Test func `Every operation has a door, and those without are lists and one's own`() {
        let walked = Set(RightsDoor.all.map(\.operation))
        #expect(
            Set(Operation.allCases).subtracting(walked)
                == [.seeDiscovered, .makeToken, .revokeToken, .seeOthersTokens])
    }

    @Test(arguments: RightsDoor.all.indices)
    func `Each role may do what the table says, by operations, the API and pages, and nothing else`(
        index: Int
    ) async throws {
        let door = RightsDoor.all[index]
        try await PlatformFixture.with { platform in
            let router = try PipelineRouter.make(
                platform.operations, publicURL: "https://slipway.example", logger: Logger(label: "test"))
            try await Application(router: router).test(.router) { client in
                for somebody in Somebody.all {
                    let token = try await secret(of: somebody, on: platform)
                    let expected = somebody.outcome(of: door.operation)
                    let noted = try await entries(of: somebody, door, platform)
                    var scene = try await RightsScene.make(platform, for: door.operation)
                    #expect(
                        try await call(door, scene, token) == expected, "\(somebody): \(door.operation.rawValue)")
                    if let api = door.api {
                        scene = try await RightsScene.make(platform, for: door.operation)
                        let outcome = try await ask(
                            client, api, scene,
                            [.authorization: "Bearer \(token)", .contentType: "application/json"])
                        #expect(outcome == expected, "\(somebody): \(door.operation.rawValue) by the API")
                    }
                    if let page = door.page {
                        scene = try await RightsScene.make(platform, for: door.operation)
                        let session = try await platform.operations.signIn(token: token)
                        let outcome = try await ask(
                            client, page, scene,
                            [
                                .cookie: "\(BrowserSessions.secureCookie)=\(session)", .secFetchSite: "same-origin",
                                .contentType: "application/x-www-form-urlencoded",
                            ])
                        #expect(outcome == expected, "\(somebody): \(door.operation.rawValue) by a page")
                    }
                    // Each change is in the audit log once, and what was refused is no change.
                    let ways = [door.api, door.page].count { $0 != nil } + 1
                    let changes = expected == .allowed && door.operation.rule.isChange ? ways : 0
                    #expect(
                        try await entries(of: somebody, door, platform) - noted == changes,
                        "\(somebody): \(door.operation.rawValue) in the audit log")
                }
            }
        }
    }

    private func entries(
        of somebody: Somebody, _ door: RightsDoor, _ platform: PlatformFixture
    ) async throws -> Int {
        let query = AuditQuery(account: somebody.name, operation: door.operation.rawValue)
        return try await platform.store.read { try $0.audits.page(query, limit: 200).items.count }
    }

    private func call(_ door: RightsDoor, _ scene: RightsScene, _ token: String) async throws -> Outcome {
        do {
            try await door.call(scene, try await scene.platform.operations.access.principal(token: token))
            return .allowed
        } catch let error as OperationError {
            return Outcome(error)
        }
    }

    private func ask(
        _ client: TestClient, _ exchange: RightsDoor.Exchange, _ scene: RightsScene, _ headers: HTTPFields
    ) async throws -> Outcome {
        Outcome(
            try await client.execute(
                uri: exchange.path(in: scene), method: exchange.method, headers: headers,
                body: exchange.body.map { ByteBuffer(string: $0) }))
    }
}
