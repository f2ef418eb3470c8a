import Contracts
import Hummingbird
import PipelineLanguage
import Synchronization
import TestSupport
import Testing

@testable import Builder

/// A registry that sends its clients to a token service on another host. The engine would go there with the login.
@Suite(.timeLimit(.minutes(2))) struct TokenRealmTests {
    /// Where the builder reaches the registry, and where the engine alone does.
    @Test(arguments: [true, false])
    func theEngineIsGivenNoLoginThatItWouldTakeToAnotherHost(_ answersTheBuilder: Bool) async throws {
        try await BuilderScope.with { scope in
            let asked = Mutex<[String]>([])
            let router = Router(context: PeerContext.self)
            let challenge: @Sendable (Request, PeerContext) -> Response = { request, _ in
                let port = request.head.authority?.split(separator: ":").last ?? "0"
                return Response(
                    status: .unauthorized,
                    headers: [.wwwAuthenticate: #"Bearer realm="http://localhost:\#(port)/token",service="x""#])
            }
            for path: RouterPath in ["/v2", "/v2/**"] {
                router.get(path, use: challenge)
                router.head(path) { request, context in
                    answersTheBuilder ? challenge(request, context) : Response(status: .badGateway)
                }
            }
            router.get("/token") { request, _ -> Response in
                asked.withLock { $0.append(request.headers[.authorization] ?? "nobody") }
                return Response(status: .forbidden)
            }
            try await WebServer.with(router) { server in
                let registry = String(server.url.dropFirst("http://".count))
                let stage = Stage(
                    name: "main", steps: [Step(name: "pull", image: "\(registry)/shop/web:1", commands: ["true"])])
                let login = RegistryLogin(username: "ada", password: "secret")
                let outcome = try await scope.run(stage, logins: [registry: login])
                #expect(outcome.finished.outcome == .failure)
                #expect(asked.withLock { $0 }.isEmpty, "the login was sent to another host")
                let remedy = "SLIPWAY_REGISTRIES_REALMS=\(registry)=localhost"
                #expect(outcome.log("pull").contains(remedy), "\(outcome.log("pull"))")
            }
        }
    }
}
