import DockerEngine
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TestSupport
import Testing
import Worker

@testable import Builder

/// Pushes to a registry that is overloaded at first. It takes what it gets and keeps nothing.
@Suite(.timeLimit(.minutes(2))) struct ImagePushTests {
    private final class Log: StepLog {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
        func write(_ piece: [UInt8]) async { bytes.withLock { $0 += piece } }
    }

    /// The delays that were waited for, without waiting.
    private final class Pauses: Sendable {
        let all = Mutex<[Duration]>([])
    }

    private final class Registry: Sendable {
        private struct State {
            var layersRefused: Int
            var manifestsRefused: Int
            var isBusy = false
            var blobs: Set<String> = []
        }
        private let state: Mutex<State>

        init(layersRefused: Int, manifestsRefused: Int) {
            state = Mutex(State(layersRefused: layersRefused, manifestsRefused: manifestsRefused))
        }

        private static func busy(_ status: HTTPResponse.Status) -> Response {
            Response(
                status: status, headers: [.retryAfter: "7", .contentType: "application/json"],
                body: .init(
                    byteBuffer: ByteBuffer(string: #"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#)))
        }

        var router: Router<PeerContext> {
            let router = Router(context: PeerContext.self)
            router.get("v2") { _, _ in
                // Says for how long only while it is busy.
                let isBusy = self.state.withLock { state in
                    defer { state.isBusy = false }
                    return state.isBusy
                }
                return isBusy ? Self.busy(.tooManyRequests) : Response(status: .ok)
            }
            router.head("v2/**") { request, _ in
                let digest = String(request.uri.path.split(separator: "/").last ?? "")
                let isThere = self.state.withLock { $0.blobs.contains(digest) }
                guard isThere else { return Response(status: .notFound) }
                return Response(
                    status: .ok,
                    headers: [
                        .contentLength: "1", HTTPField.Name("Docker-Content-Digest") ?? .server: digest,
                    ])
            }
            router.post("v2/**") { request, _ in
                let isRefused = self.state.withLock { state in
                    defer { state.layersRefused -= 1 }
                    if state.layersRefused > 0 { state.isBusy = true }
                    return state.layersRefused > 0
                }
                if isRefused { return Self.busy(.tooManyRequests) }
                return Response(status: .accepted, headers: [.location: "\(request.uri.path)1"])
            }
            router.patch("v2/**") { request, _ in
                let bytes = try await request.body.collect(upTo: 64 << 20).readableBytes
                return Response(
                    status: .accepted,
                    headers: [.location: request.uri.path, HTTPField.Name("Range") ?? .range: "0-\(max(0, bytes - 1))"])
            }
            router.put("v2/**") { request, _ in
                _ = try await request.body.collect(upTo: 64 << 20)
                if let digest = request.uri.queryParameters["digest"] {
                    self.state.withLock { _ = $0.blobs.insert(String(digest)) }
                }
                let isRefused = self.state.withLock { state in
                    guard request.uri.path.contains("/manifests/") else { return false }
                    defer { state.manifestsRefused -= 1 }
                    return state.manifestsRefused > 0
                }
                if isRefused { return Response(status: .internalServerError) }
                let digest = "sha256:" + String(repeating: "a", count: 64)
                return Response(status: .created, headers: [HTTPField.Name("Docker-Content-Digest") ?? .server: digest])
            }
            return router
        }
    }

    private func push(
        _ registry: Registry, tries: Int,
        _ check: @Sendable @escaping (String?, DockerError?, String, [Duration]) -> Void
    ) async throws {
        try await BuilderScope.with { scope in
            try await WebServer.with(registry.router) { server async throws in
                let image = try ImageReference("\(server.url.dropFirst("http://".count))/\(scope.name)/web:v1")
                try await scope.engine.tag(scope.image, as: image)
                let (log, pauses) = (Log(), Pauses())
                let retry = TransferRetry(delays: Array(repeating: .seconds(1), count: tries - 1)) { delay in
                    pauses.all.withLock { $0.append(delay) }
                }
                let push = ImagePush(
                    engine: scope.engine, registry: RegistryClient(client: scope.http), retry: retry, log: log)
                let result: Result<String, any Error>
                do {
                    result = .success(try await push.run(image, login: nil))
                } catch {
                    result = .failure(error)
                }
                try await scope.engine.removeImage("\(image)")
                switch result {
                case .success(let digest): check(digest, nil, log.text, pauses.all.withLock { $0 })
                case .failure(let error): check(nil, error as? DockerError, log.text, pauses.all.withLock { $0 })
                }
            }
        }
    }

    @Test("is pushed again after 429, when the registry says, and after 500")
    func busyAtFirst() async throws {
        try await push(Registry(layersRefused: 1, manifestsRefused: 1), tries: 4) { digest, error, log, pauses in
            #expect(digest?.hasPrefix("sha256:") == true, "\(error as Any)")
            #expect(pauses == [.seconds(7), .seconds(1)])
            #expect(log.contains("slow down; trying again in 7 s"), "\(log)")
        }
    }

    @Test("fails with the registry's words when it stays so")
    func busyForGood() async throws {
        try await push(Registry(layersRefused: 0, manifestsRefused: .max), tries: 3) { digest, error, _, pauses in
            #expect(digest == nil)
            #expect(error?.message.contains("500") == true, "\(error as Any)")
            #expect(pauses == [.seconds(1), .seconds(1)])
        }
    }
}
