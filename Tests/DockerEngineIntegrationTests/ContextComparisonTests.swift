import DockerEngine
import Glibc
import HTTPClient
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Build contexts beside those of the engine's own client (`docker build`): both send theirs to an engine that only
/// keeps what it is sent.
@Suite(.timeLimit(.minutes(5))) struct ContextComparisonTests {
    /// What was sent last.
    private final class Recorder: Sendable {
        private let archive = Mutex<[UInt8]?>(nil)

        func take() -> [UInt8]? {
            archive.withLock { archive in
                defer { archive = nil }
                return archive
            }
        }

        var router: Router<PeerContext> {
            let router = Router(context: PeerContext.self)
            let headers: HTTPFields = [HTTPField.Name("Api-Version") ?? .server: "1.41"]
            let ping: @Sendable (Request, PeerContext) -> Response = { _, _ in Response(status: .ok, headers: headers) }
            router.get("/_ping", use: ping)
            router.head("/_ping", use: ping)
            router.post("/:version/build") { request, _ in
                let body = try await request.body.collect(upTo: 64 << 20)
                self.archive.withLock { $0 = Array(body.readableBytesView) }
                let id = String(repeating: "a", count: 64)
                let answer = #"{"aux":{"ID":"sha256:\#(id)"}}"# + "\n"
                return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(string: answer)))
            }
            return router
        }
    }

    private struct Scene: Sendable {
        let recorder: Recorder
        let directory: FilePath
        let engine: DockerEngine

        var context: FilePath { directory.appending("context") }

        /// What the engine's own client sends; `nil` if it refuses.
        func theirs(_ dockerfile: String) async throws -> [TarArchive.Entry]? {
            let result = try await Subprocess.run(
                .name("docker"),
                arguments: [
                    "--config", directory.string, "-H", "unix://\(engine.socketPath)", "build", "-q", "-f",
                    context.appending(dockerfile).string, context.string,
                ], environment: .inherit.updating(["DOCKER_BUILDKIT": "0"]), output: .discarded,
                error: .string(limit: 1 << 16))
            guard case .exited(0) = result.terminationStatus, let archive = recorder.take() else { return nil }
            return try TarArchive.entries(archive)
        }

        /// What is sent for the same folder here.
        func ours(_ dockerfile: String) async throws -> [TarArchive.Entry]? {
            do {
                _ = try await engine.build(BuildOptions(context: context.string, dockerfile: dockerfile)) { _ in }
            } catch let error as DockerError where error.code == .context {
                return nil
            }
            return try TarArchive.entries(try #require(recorder.take()))
        }

        func compare(_ rules: [UInt8], _ dockerfile: String) async throws {
            try ContextTree.write(rules, context.appending(".dockerignore"))
            let (theirs, ours) = (try await theirs(dockerfile), try await ours(dockerfile))
            let words = "\(String(decoding: rules, as: UTF8.self).debugDescription) with \(dockerfile)"
            #expect((theirs == nil) == (ours == nil), "only one refuses \(words)")
            let difference = (ours ?? []).difference(from: theirs ?? []).map { change in
                switch change {
                case .insert(_, let entry, _): "more: \(entry)"
                case .remove(_, let entry, _): "less: \(entry)"
                }
            }
            #expect(difference == [], "\(words)")
        }
    }

    private func with(_ body: @Sendable @escaping (Scene) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let socket = directory.appending("engine.sock").string
            let client = HTTPClient(logger: Logger(label: "test"))
            try ContextTree.make(directory.appending("context"))
            let recorder = Recorder()
            try await WebServer.with(recorder.router, socket: socket) { _ async throws in
                let engine = try await DockerEngine.connect(
                    socketPath: socket, client: client, logger: Logger(label: "test"))
                try await body(Scene(recorder: recorder, directory: directory, engine: engine))
            }
            await client.shutdown()
        }
    }

    /// Clients before 23 knew `**.log` only as a whole name, and took `+`, `(` and the like for regular expressions.
    private static func clientIsModern() async throws -> Bool {
        let words = try await runTool("docker", ["--version"]).split(separator: " ")
        let version = try #require(words.first { $0.first?.isNumber == true })
        return try #require(Int(version.prefix { $0.isNumber })) >= 23
    }

    @Test("a context without rules: links, pipes, modes and names in any encoding")
    func everything() async throws {
        try await with { scene in
            let (theirs, ours) = (try await scene.theirs("Dockerfile"), try await scene.ours("Dockerfile"))
            #expect(ours == theirs)
            #expect(ours?.contains { $0.path == Array("caf".utf8) + [0xE9] } == true)
            #expect(ours?.contains { $0.kind == UInt8(ascii: "6") } == true)
        }
    }

    @Test("rules of every kind, made up at random")
    func generated() async throws {
        let isModern = try await Self.clientIsModern()
        try await with { scene in
            var files = IgnoreFiles(seed: 20_261_126, isModern: isModern)
            for _ in 0..<150 { try await scene.compare(files.next(), files.dockerfile()) }
        }
    }

    @Test(
        "rules that went wrong",
        arguments: [
            "**.log\n**.pyc\n", "\u{FEFF}.env\n*.log\n", "*\n!deep\n!**/keep\n", "docker\nDockerfile\n",
            ".dockerignore\n",
            "deep/**\n!deep/er/*.txt\n", "\u{FEFF}# comment\r\n.env\r\n", "/deep/\n", "[a\n", "dir/../a\n../a\n", "!\n",
            " \t a.log \t\n", "a+b\n", "deep\n!deep/er\n",
        ])
    func known(_ rules: String) async throws {
        guard try await Self.clientIsModern() || !(rules.contains("**.") || rules.contains("+")) else { return }
        try await with { scene in try await scene.compare(Array(rules.utf8), "Dockerfile") }
    }
}
