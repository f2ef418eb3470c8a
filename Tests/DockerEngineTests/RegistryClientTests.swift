import FoundationEssentials
import HTTPClient
import HTTPTypes
import Hummingbird
import Logging
import Synchronization
import TestSupport
import Testing

@testable import DockerEngine

/// The registry client against a registry that answers as it is told to.
@Suite struct RegistryClientTests {
    private static let digest = "sha256:" + String(repeating: "1a", count: 32)

    /// What is answered, one after the other; the last one again and again.
    private final class Script: Sendable {
        struct Answer: Sendable {
            var status: Int
            var headers: HTTPFields = [:]
            var body = ""
        }
        private let answers: Mutex<[Answer]>
        let asked = Mutex(0)

        init(_ answers: [Answer]) { self.answers = Mutex(answers) }

        func next() -> Answer {
            asked.withLock { $0 += 1 }
            return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
    }

    /// The delays that were waited for, without waiting.
    private final class Pauses: Sendable {
        private let all = Mutex<[Duration]>([])
        var value: [Duration] { all.withLock { $0 } }
        func add(_ delay: Duration) { all.withLock { $0.append(delay) } }
    }

    private static func found(_ body: String = "{}") -> Script.Answer {
        .init(status: 200, headers: [.init("Docker-Content-Digest") ?? .server: digest], body: body)
    }

    private func with(
        _ answers: [Script.Answer],
        _ body: @Sendable @escaping (RegistryClient, ImageReference, Script, Pauses) async throws -> Void
    ) async throws {
        let (script, pauses) = (Script(answers), Pauses())
        let router = Router(context: PeerContext.self)
        let answer: @Sendable (Request, PeerContext) -> Response = { _, _ in
            let next = script.next()
            return Response(
                status: .init(code: next.status), headers: next.headers,
                body: .init(byteBuffer: .init(string: next.body)))
        }
        router.get("/v2/shop/web/manifests/:reference", use: answer)
        router.head("/v2/shop/web/manifests/:reference", use: answer)
        try await WebServer.with(router) { server in
            let client = HTTPClient(logger: Logger(label: "test"))
            let registry = RegistryClient(
                client: client,
                retry: TransferRetry(delays: [.seconds(1), .seconds(3)], longest: .seconds(60)) { pauses.add($0) })
            let image = try ImageReference("\(server.url.dropFirst("http://".count))/shop/web:v1")
            try await body(registry, image, script, pauses)
            await client.shutdown()
        }
    }

    @Test("a registry that is overloaded is asked again, as it says")
    func overloaded() async throws {
        let later = Script.Answer(status: 429, headers: [.retryAfter: "7"])
        try await with([later, .init(status: 500), Self.found()]) { registry, image, script, pauses async throws in
            #expect(try await registry.digest(of: image, login: nil) == Self.digest)
            #expect(script.asked.withLock { $0 } == 3)
            #expect(pauses.value == [.seconds(7), .seconds(3)])
        }
    }

    @Test("a registry that stays broken is named with its status and the number of tries")
    func broken() async throws {
        try await with([.init(status: 503, headers: [.retryAfter: "86400"])]) {
            registry, image, script, pauses async throws in
            let error = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: nil) }
            #expect(error?.code == .transferFailed)
            #expect(error?.message == "the registry of \(image) answers 503, 3 times")
            // It cannot put us off for a day.
            #expect(pauses.value == [.seconds(60), .seconds(60)])
            #expect(script.asked.withLock { $0 } == 3)
        }
    }

    @Test(
        "what will not change is not asked twice",
        arguments: [(404, DockerError.Code.notFound), (403, .unauthorized), (501, .transferFailed)])
    func settled(_ status: Int, _ code: DockerError.Code) async throws {
        try await with([.init(status: status)]) { registry, image, script, pauses async throws in
            let error = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: nil) }
            #expect(error?.code == code)
            #expect(script.asked.withLock { $0 } == 1)
            #expect(pauses.value.isEmpty)
        }
    }

    @Test func aRegistryThatAsksForALoginGetsItAtOnceFromThenOn() async throws {
        let challenge = Script.Answer(status: 401, headers: [.wwwAuthenticate: "Basic realm=x"])
        try await with([challenge, Self.found(), Self.found(), challenge]) { registry, image, script, _ async throws in
            let login = RegistryCredentials(username: "ada", password: "secret")
            for asked in [2, 3] {
                #expect(try await registry.digest(of: image, login: login) == Self.digest)
                #expect(script.asked.withLock { $0 } == asked)
            }
            let error = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: login) }
            #expect(error?.code == .unauthorized)
        }
    }

    /// On another host than 127.0.0.1, if only by its name.
    private static let challenge = Script.Answer(
        status: 401, headers: [.wwwAuthenticate: #"Bearer realm="http://localhost:9/token",service="x""#])

    @Test("a login goes to no token service on another host, unless that is permitted")
    func foreignRealm() async throws {
        try await with([Self.challenge]) { registry, image, script, _ async throws in
            let login = RegistryCredentials(username: "ada", password: "secret")
            let error = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: login) }
            #expect(error?.code == .unauthorized)
            let remedy = "permit it with SLIPWAY_REGISTRIES_REALMS=\(image.registry)=localhost"
            #expect(error?.message.hasSuffix(remedy) == true, "\(error?.message ?? "")")
            #expect(script.asked.withLock { $0 } == 1)
            // Nothing is given away without a login: the token service itself is what does not answer here.
            let open = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: nil) }
            #expect(open?.code == .unreachable)
        }
    }

    @Test("a login that goes to a registry over TLS goes to no token service without it")
    func safeRealm() async throws {
        for (realm, address, isSafe) in [
            ("https://a/token", "https://a", true), ("https://a/token", "http://a", true),
            ("http://a/token", "http://a", true), ("http://a/token", "https://a", false),
            ("ftp://a/token", "http://a", false), ("a/token", "http://a", false), ("", "http://a", false),
        ] {
            #expect(TokenRealms.isAsSafe(realm, as: address) == isSafe, "\(realm) \(address)")
        }
        let challenge = Script.Answer(
            status: 401, headers: [.wwwAuthenticate: #"Bearer realm="ftp://127.0.0.1:9/token",service="x""#])
        try await with([challenge]) { registry, image, _, _ async throws in
            let login = RegistryCredentials(username: "ada", password: "secret")
            let error = await #expect(throws: DockerError.self) { try await registry.digest(of: image, login: login) }
            #expect(error?.message.hasSuffix("sends logins to an address without TLS") == true)
        }
    }

    @Test("a token service is at the registry's own host, whatever its port, or where it is permitted")
    func realms() throws {
        let realms = try #require(TokenRealms(["registry.example:5000=GitLab.example", "a=b"]))
        for (realm, registry, isPermitted) in [
            ("https://registry.example/token", "registry.example", true),
            ("https://registry.example:8443/token", "registry.example:5000", true),
            ("https://gitlab.example/jwt/auth", "registry.example", true),
            ("https://auth.docker.io/token", "docker.io", true),
            ("https://gitlab.example/jwt/auth", "other.example", false),
            ("https://evil.example/token", "registry.example", false),
            ("https://registry.example.evil.example/token", "registry.example", false),
            ("https://registry.example@evil.example/token", "registry.example", false),
            ("https://registry.example:5000@evil.example", "registry.example", false),
            ("https://registry.example\\@evil.example/", "registry.example", false),
            ("https://evil.example#registry.example", "registry.example", false),
            ("https:///token", "", false), ("registry.example", "registry.example", false),
            ("https://[::1]:5000/token", "[::1]", true),
        ] {
            #expect(realms.permit(realm, for: registry) == isPermitted, "\(realm) \(registry)")
        }
        for pairs in [["a"], ["a=b=c"], ["=b"], ["a="]] { #expect(TokenRealms(pairs) == nil, "\(pairs)") }
    }

    @Test("an index names a digest for each platform, without attestations")
    func index() async throws {
        let (amd, arm) = (
            "sha256:" + String(repeating: "2b", count: 32), "sha256:" + String(repeating: "3c", count: 32)
        )
        let index = """
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
              {"digest": "\(amd)", "size": 1, "platform": {"os": "linux", "architecture": "amd64"}},
              {"digest": "\(arm)", "size": 1, "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
              {"digest": "\(Self.digest)", "size": 1, "platform": {"os": "unknown", "architecture": "unknown"}}]}
            """
        try await with([Self.found(index)]) { registry, image, _, _ async throws in
            let manifest = try await registry.manifest(of: image, login: nil)
            #expect(manifest.digest == Self.digest)
            #expect(
                manifest.platforms == [
                    .init(digest: amd, system: "linux", architecture: "amd64"),
                    .init(digest: arm, system: "linux", architecture: "arm", variant: "v7"),
                ])
            #expect(manifest.digests == [Self.digest, amd, arm])
        }
    }

    @Test("a single image has no platforms")
    func single() async throws {
        try await with([Self.found(#"{"schemaVersion": 2, "config": {}, "layers": []}"#)]) {
            registry, image, _, _ async throws in
            #expect(try await registry.manifest(of: image, login: nil) == RegistryManifest(digest: Self.digest))
        }
    }

    @Test("a single image tells its configuration")
    func configuration() async throws {
        let id = "sha256:" + String(repeating: "4d", count: 32)
        let single = #"{"schemaVersion": 2, "config": {"digest": "\#(id)", "size": 1}, "layers": []}"#
        try await with([Self.found(single)]) { registry, image, _, _ async throws in
            #expect(
                try await registry.manifest(of: image, login: nil)
                    == RegistryManifest(digest: Self.digest, configuration: id))
        }
    }
}
