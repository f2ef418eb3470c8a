import Contracts
import FoundationEssentials
import Git
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Secrets
import TestSupport
import Testing

@testable import Sync

@Suite("Mirrors over HTTP")
struct MirrorRoutesTests {
    private static let tokens = MirrorToken(key: SigningKey(bytes: Array("0123456789abcdef0123456789abcdef".utf8)))

    private static func token(_ path: String = "shop/web", for seconds: Int64 = 600) -> String {
        tokens.sign(RepositoryPath(rawValue: path), until: Timestamp.now.adding(.seconds(seconds)))
    }

    private func application(_ origin: Origin) -> some ApplicationProtocol {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return Application(
            router: MirrorRoutes(mirrors: origin.mirrors, tokens: Self.tokens, parts: origin.parts(), logger: logger)
                .router(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
    }

    private func mirrored(_ messages: String...) async throws -> (Origin, [String]) {
        let origin = try await Origin()
        var commits: [String] = []
        for message in messages {
            commits.append(
                try await origin.commit(
                    message, ["file": Array(message.utf8), "random": (0..<200_000).map { _ in .random(in: 0...255) }]))
        }
        _ = try await origin.synchronizer().synchronize(
            origin.trigger(commit: commits.last), cloneURL: "", attempt: 1)
        return (origin, commits)
    }

    @Test("git fetches a commit, clones with history and fetches on, by either protocol version", arguments: [0, 2])
    func fetch(_ version: Int) async throws {
        let (origin, commits) = try await mirrored("one", "two")
        try await application(origin).test(.live) { client in
            let url = "http://127.0.0.1:\(try #require(client.port))/shop/web.git"
            let program = origin.mirrors.program
            try await program.checkout(
                Checkout(
                    url: url, credential: .bearer(Self.token()), commit: commits[0], ref: "refs/heads/main",
                    directory: origin.folder + "/shallow", depth: 1))
            #expect(
                FileManager.default.contents(atPath: origin.folder + "/shallow/file").map { Array($0) }
                    == Array("one".utf8))
            let header = "http.extraHeader=Authorization: Bearer \(Self.token())"
            let clone = origin.folder + "/clone"
            try await origin.git("init", "--quiet", clone)
            for commit in commits {
                try await origin.git(
                    "-c", header, "-c", "protocol.version=\(version)", "fetch", "--quiet", url, commit, in: clone)
            }
            // Many commits to report make git compress its request.
            for number in 0..<60 {
                try await origin.git("commit", "--quiet", "--allow-empty", "-m", "\(number)", in: clone)
            }
            let next = try await origin.commit("three")
            _ = try await origin.synchronizer().synchronize(origin.trigger(commit: next), cloneURL: "", attempt: 1)
            try await origin.git(
                "-c", header, "-c", "protocol.version=\(version)", "fetch", "--quiet", url, next, in: clone)
            #expect(try await origin.git("rev-parse", "FETCH_HEAD", in: clone) == next)
        }
    }

    @Test("a push is refused, and so is everything else that is no fetch")
    func readOnly() async throws {
        let (origin, _) = try await mirrored("one")
        try await application(origin).test(.router) { client in
            for (method, path) in [
                (HTTPRequest.Method.get, "/shop/web.git/info/refs?service=git-receive-pack"),
                (.get, "/shop/web.git/info/refs"),
                (.post, "/shop/web.git/git-receive-pack"), (.get, "/shop/web.git/HEAD"), (.get, "/shop/web.git/config"),
                (.get, "/shop/web.git/objects/info/packs"), (.get, "/"), (.get, "/shop/web.git/git-upload-pack"),
                (.post, "/shop/web.git/info/refs?service=git-upload-pack"),
                (.get, "/../home/x.git/info/refs?service=git-upload-pack"),
                (.get, "/%2e%2e/home.git/info/refs?service=git-upload-pack"),
                (.get, "//etc.git/info/refs?service=git-upload-pack"),
            ] {
                let response = try await client.execute(
                    uri: path, method: method, headers: [.authorization: "Bearer \(Self.token())"]
                )
                #expect(response.status == .notFound, "\(path)")
            }
        }
    }

    @Test("a repository that was made anew in the other object format is served as such")
    func format() async throws {
        let origin = try await Origin()
        try await application(origin).test(.live) { client in
            let url = "http://127.0.0.1:\(try #require(client.port))/shop/web.git"
            for format in ["sha1", "sha256", "sha1"] {
                try FileManager.default.removeItem(atPath: origin.path)
                try await origin.git(
                    "init", "--quiet", "--initial-branch=main", "--object-format=\(format)", origin.path,
                    in: origin.folder)
                let commit = try await origin.commit(format, ["file": Array(format.utf8)])
                let outcome = try await origin.synchronizer().synchronize(
                    origin.trigger(commit: commit), cloneURL: "", attempt: 1)
                guard case .synced = outcome else { throw GitError(.failed, "\(outcome)") }
                let work = "\(origin.folder)/work-\(UInt32.random(in: 0 ... .max))"
                try await origin.mirrors.program.checkout(
                    Checkout(url: url, credential: .bearer(Self.token()), commit: commit, directory: work, depth: 5))
                #expect(FileManager.default.contents(atPath: work + "/file") == Data(format.utf8))
            }
        }
    }

    @Test("only a token of this repository that has not expired opens it")
    func tokens() async throws {
        let (origin, _) = try await mirrored("one")
        try await application(origin).test(.router) { client in
            for header in [
                nil, "", "Bearer", "Bearer x", "Basic \(Self.token())", "Bearer \(Self.token("shop/other"))",
                "Bearer \(Self.token(for: -1))", "Bearer \(Self.token())x",
            ] as [String?] {
                var headers: HTTPFields = [:]
                headers[.authorization] = header
                let response = try await client.execute(
                    uri: "/shop/web.git/info/refs?service=git-upload-pack", method: .get, headers: headers
                )
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"slipway\"")
            }
            let response = try await client.execute(
                uri: "/no/such.git/info/refs?service=git-upload-pack", method: .get,
                headers: [.authorization: "Bearer \(Self.token("no/such"))"]
            )
            #expect(response.status == .notFound)
        }
    }

    @Test("bodies have a limit, inflated ones too, and a type")
    func bodies() async throws {
        let (origin, _) = try await mirrored("one")
        let large = [UInt8](repeating: 0, count: MirrorRoutes.requestLimit + 1)
        try Data(large).write(to: URL(filePath: origin.folder + "/bomb"))
        try await origin.git("-c", "alias.z=!gzip -9 \(origin.folder)/bomb", "z", in: origin.folder)
        let bomb = try #require(FileManager.default.contents(atPath: origin.folder + "/bomb.gz"))
        let type = "application/x-git-upload-pack-request"
        try await application(origin).test(.router) { client in
            for (body, type, encoding, status) in [
                (large, type, nil, .contentTooLarge), (Array(bomb), type, "gzip", .contentTooLarge),
                (Array("no gzip".utf8), type, "gzip", .badRequest), ([], type, "br", .unsupportedMediaType),
                ([], "text/plain", nil, .unsupportedMediaType),
            ] as [([UInt8], String, String?, HTTPResponse.Status)] {
                var headers: HTTPFields = [.authorization: "Bearer \(Self.token())", .contentType: type]
                headers[.contentEncoding] = encoding
                let response = try await client.execute(
                    uri: "/shop/web.git/git-upload-pack", method: .post, headers: headers, body: ByteBuffer(bytes: body)
                )
                #expect(response.status == status)
            }
        }
    }
}
