import Contracts
import FoundationEssentials
import Git
import HTTPClient
import Logging
import Secrets
import TestSupport
import Testing

@testable import Sync

/// What builders are given beside a commit's own objects, from a forge with private repositories.
@Suite("Submodules and LFS files over HTTP")
struct PartsTests {
    private static let tokens = MirrorToken(key: SigningKey(bytes: Array("0123456789abcdef0123456789abcdef".utf8)))
    private static let token = tokens.sign(Origin.repository, until: Timestamp.now.adding(.seconds(600)))

    /// sync with one repository of the forge, which `token` may read.
    private struct Bench: Sendable {
        let origin: Origin
        let forge: GitForge
        let access: RepositoryLookupReply
        let http: HTTPClient

        /// Has the commit mirrored, as after its push.
        func mirror(_ commit: String) async throws {
            let outcome = try await origin.synchronizer(access).synchronize(
                origin.trigger(commit: commit), cloneURL: "", attempt: 1)
            guard case .synced = outcome else { throw TestFailure("\(outcome)") }
        }

        /// Every line of the answer; the last has the parts or the problem.
        func parts(
            _ commit: String, submodules: Bool = false, lfs: Bool = false, token: String = PartsTests.token
        ) async throws -> SourceParts {
            let answer = try await ask(
                .get, "parts?commit=\(commit)&submodules=\(submodules)&lfs=\(lfs)", token: token)
            guard answer.status == 200 else { throw TestFailure("\(answer.status)") }
            let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
            return try Wire.decode(SourceParts.self, from: Data((lines.last ?? "").utf8))
        }

        func ask(
            _ method: HTTPRequest.Method, _ path: String, token: String = PartsTests.token, body: String? = nil
        ) async throws -> (status: Int, body: [UInt8]) {
            var request = HTTPRequest(method, "\(origin.mirrors.url(of: Origin.repository))/\(path)")
            request.authentication = .bearer(token)
            if let body { request.body = .bytes(Array(body.utf8)) }
            let response = try await http.send(request)
            return (response.status, try await response.body.collect(upTo: 1 << 20))
        }

        func problem(_ commit: String, lfs: Bool = false) async throws -> Problem {
            try await mirror(commit)
            let answer = try await parts(commit, submodules: !lfs, lfs: lfs)
            return try #require(answer.problem)
        }

        func checkOut(_ url: String, _ commit: String, lfs: Bool = false) async throws -> String {
            let directory = "\(origin.folder)/work-\(UInt32.random(in: 0 ... .max))"
            try await origin.mirrors.program.checkout(
                Checkout(
                    url: url, credential: .bearer(PartsTests.token), commit: commit, directory: directory, depth: 50,
                    largeFiles: lfs))
            return directory
        }
    }

    private func bench(
        token: String = "web-token", limit: Int64 = 1 << 30, _ body: @escaping @Sendable (Bench) async throws -> Void
    ) async throws {
        try await GitForge.with { forge in
            let port = try LoopbackPort.free()
            let origin = try await Origin(publicURL: "http://127.0.0.1:\(port)")
            let access = RepositoryLookupReply.found(
                .init(
                    cloneURL: forge.url("shop/web"), username: "oauth2",
                    token: try origin.keys.seal(
                        token, for: .token(of: Origin.repository, cloneURL: forge.url("shop/web")))))
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let router = MirrorRoutes(
                mirrors: origin.mirrors, tokens: Self.tokens,
                parts: origin.parts(access, largeFileLimit: limit), logger: logger
            ).router()
            let http = HTTPClient(logger: logger)
            try await WebServer.with(router, port: port) { _ in
                try await body(Bench(origin: origin, forge: forge, access: access, http: http))
            }
        }
    }

    /// As a git tells it that knows no filter.
    private func status(of work: String) async throws -> String {
        try await runTool(
            "env",
            [
                "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "git", "-C", work, "status", "--porcelain",
            ])
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    @Test("submodules by relative and absolute addresses, within each other, of private repositories")
    func submodules() async throws {
        try await bench { bench in
            let forge = bench.forge
            let group = ["web-token"]
            let deep = try await forge.repository("libs/deep", tokens: group)
            let deepCommit = try await deep.push(["deep.txt": "deep"])
            let relative = try await forge.repository("libs/relative", tokens: group)
            let relativeCommit = try await relative.push(
                ["a.txt": "relative"], submodules: ["vendor/deep": ("../deep.git", deepCommit)])
            let absolute = try await forge.repository("other/absolute", tokens: group)
            let old = try await absolute.push(["b.txt": "old"])
            try await absolute.push(["b.txt": "new"])
            let user = forge.url("other/absolute").replacing("http://", with: "http://somebody@")
            let web = try await forge.repository("shop/web", tokens: group)
            let commit = try await web.push(
                ["main.txt": "main"],
                submodules: [
                    "libs/relative": ("../../libs/relative.git", relativeCommit), "absolute": (user, old),
                    "ssh": ("ssh://git@127.0.0.1/libs/deep.git", deepCommit),
                    "scp": ("git@127.0.0.1:libs/deep.git", deepCommit),
                ])
            try await bench.mirror(commit)
            // Asked for again, it is the same again.
            for _ in 0..<2 {
                let answer = try await bench.parts(commit, submodules: true)
                let found = try #require(answer.submodules, "\(answer)")
                #expect(
                    Set(found.map { "\($0.path) \($0.cloneURL) \($0.commit)" }) == [
                        "libs/relative \(forge.url("libs/relative")) \(relativeCommit)",
                        "libs/relative/vendor/deep \(forge.url("libs/deep")) \(deepCommit)",
                        "absolute \(forge.url("other/absolute")) \(old)", "ssh \(forge.url("libs/deep")) \(deepCommit)",
                        "scp \(forge.url("libs/deep")) \(deepCommit)",
                    ])
                let paths = found.map(\.path)
                #expect(
                    try #require(paths.firstIndex(of: "libs/relative"))
                        < #require(paths.firstIndex(of: "libs/relative/vendor/deep")))
                for (path, file, text) in [
                    ("absolute", "b.txt", "old"), ("libs/relative", "a.txt", "relative"),
                    ("libs/relative/vendor/deep", "deep.txt", "deep"),
                ] {
                    let module = try #require(found.first { $0.path == path })
                    let folder = try await bench.checkOut(module.url, module.commit)
                    #expect(try Self.text("\(folder)/\(file)") == text)
                }
            }
            let none = try await bench.parts(commit)
            #expect(none.submodules == [])
            // Of these alone the forge was asked with credentials; nothing else was.
            #expect(try forge.requests().allSatisfy { $0.hasSuffix(" signed 200") })
        }
    }

    @Test("what the repository's own token may not read stays unread, whoever else is registered")
    func walls() async throws {
        try await bench { bench in
            let forge = bench.forge
            let secret = try await forge.repository("libs/secret", tokens: ["secret-token"])
            let secretCommit = try await secret.push(["secret.txt": "secret"])
            let web = try await forge.repository("shop/web", tokens: ["web-token"])
            // The owner of the other repository has it mirrored here.
            let owner = RepositoryPath(rawValue: "libs/secret")
            let mirror = bench.origin.mirrors.mirror(of: owner)
            _ = try await mirror.fetch(
                ref: "refs/heads/main", commit: secretCommit,
                from: FetchSource(
                    url: forge.url("libs/secret"), credential: .basic(username: "oauth2", password: "secret-token")))
            let commit = try await web.push([:], submodules: ["libs/secret": ("../../libs/secret.git", secretCommit)])
            let problem = try await bench.problem(commit)
            #expect(problem.message.contains("the submodule libs/secret (../../libs/secret.git)"))
            #expect(problem.message.contains("the token of shop/web"))
            #expect(problem.remedy?.contains("slipway repo add shop/web") == true)
            // A token of another repository opens none of its submodules.
            let foreign = Self.tokens.sign(owner, until: Timestamp.now.adding(.seconds(60)))
            await #expect(throws: TestFailure.self) {
                _ = try await bench.parts(commit, submodules: true, token: foreign)
            }
            try forge.allow("libs/secret", ["secret-token", "web-token"])
            #expect(try await bench.parts(commit, submodules: true).submodules?.count == 1)
        }
    }

    @Test(
        "addresses that are on no account followed",
        arguments: [
            ("https://elsewhere.example/libs/a.git", "write “update = none” for it in .gitmodules and let a step"),
            ("git@elsewhere.example:libs/a.git", "another server"),
            ("http://127.0.0.1:1/libs/a.git", "another server"), ("file:///etc", "local file system"),
            ("/etc/passwd", "local file system"), ("../../../../a.git", "leads out of the server"),
            ("ext::sh -c touch% /tmp/x", ""), ("ssh://-oProxyCommand=x/a.git", ""),
        ])
    func hostile(_ url: String, _ words: String) async throws {
        try await bench { bench in
            let web = try await bench.forge.repository("shop/web", tokens: ["web-token"])
            let other = try await bench.forge.repository("libs/a")
            let inner = try await other.push([:])
            let commit = try await web.push([:], submodules: ["a": (url, inner)])
            do {
                let problem = try await bench.problem(commit)
                #expect(problem.code == "invalid")
                #expect(problem.message.contains("the submodule a (\(url))"))
                #expect(problem.message.contains(words))
            } catch let failure as TestFailure {
                // Some of them Git itself refuses in a commit.
                #expect(words.isEmpty && "\(failure)".contains("unsafe"), "\(failure)")
            }
        }
    }

    @Test("a commit that the submodule does not have, and one that lies in no branch")
    func commits() async throws {
        try await bench { bench in
            let web = try await bench.forge.repository("shop/web", tokens: ["web-token"])
            let lib = try await bench.forge.repository("libs/a")
            try await lib.push(["a": "1"])
            let absent = try await web.push(
                [:], submodules: ["a": ("../../libs/a.git", String(repeating: "1", count: 40))])
            #expect(try await bench.problem(absent).code == "refNotFound")
        }
    }

    @Test("LFS files come in the place of their pointers, verified; git-lfs asks the mirror alone")
    func largeFiles() async throws {
        try await bench { bench in
            let forge = bench.forge
            let bytes = (0..<300_000).map { _ in UInt8.random(in: 0...255) }
            let (pointer, id) = try await forge.storeLargeFile(bytes)
            let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
            let web = try await forge.repository("shop/web", tokens: ["web-token"])
            let commit = try await web.push([
                ".gitattributes": attributes, "a.bin": pointer, "b/c.bin": pointer,
                ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1/elsewhere\n",
            ])
            try await bench.mirror(commit)
            let url = bench.origin.mirrors.url(of: Origin.repository)
            let plain = try await bench.checkOut(url, commit)
            #expect(try Self.text(plain + "/a.bin") == pointer)
            #expect(try await bench.parts(commit, lfs: true).problem == nil)
            let before = try forge.requests()
            #expect(before.contains { $0 == "GET /shop/web.git/lfs/\(id) signed 200" })
            let work = try await bench.checkOut(url, commit, lfs: true)
            #expect(FileManager.default.contents(atPath: work + "/a.bin") == Data(bytes))
            #expect(FileManager.default.contents(atPath: work + "/b/c.bin") == Data(bytes))
            #expect(try forge.requests() == before)
            #expect(!FileManager.default.fileExists(atPath: work + "/.git/hooks"))
            // A step's git has no filter, and sees nothing that changed; not even where modes and owners did.
            #expect(try await status(of: work) == "")
            _ = try await runTool("touch", ["-a", work + "/a.bin"])
            _ = try await runTool("chmod", ["a+r", work + "/a.bin", work + "/b/c.bin"])
            #expect(try await status(of: work) == "")
            for file in try FileManager.default.subpathsOfDirectory(atPath: work + "/.git") {
                let bytes = FileManager.default.contents(atPath: "\(work)/.git/\(file)") ?? Data()
                #expect(bytes.firstRange(of: Data(Self.token.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("LFS files that are missing, spoilt or too large are a problem with words")
    func badLargeFiles() async throws {
        try await bench(limit: 1 << 20) { bench in
            let forge = bench.forge
            let web = try await forge.repository("shop/web", tokens: ["web-token"])
            let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
            let id = String(repeating: "a", count: 64)
            let missing = "version https://git-lfs.github.com/spec/v1\noid sha256:\(id)\nsize 5\n"
            let first = try await bench.problem(
                try await web.push([".gitattributes": attributes, "a.bin": missing]), lfs: true)
            #expect(first.message.contains("the LFS files of shop/web cannot be fetched"))
            let (pointer, spoilt) = try await forge.storeLargeFile(Array("honest!".utf8))
            try forge.spoilLargeFile(spoilt)
            let second = try await web.push(["a.bin": pointer])
            _ = try await bench.problem(second, lfs: true)
            #expect(bench.origin.mirrors.mirror(of: Origin.repository).largeFile(spoilt) == nil)
            let large = "version https://git-lfs.github.com/spec/v1\noid sha256:\(id)\nsize 5000000\n"
            let third = try await bench.problem(try await web.push(["a.bin": large]), lfs: true)
            #expect(third.code == "tooLarge")
            #expect(third.message.contains("4 MiB; 1 MiB are taken"))
        }
    }

    @Test("LFS files are given to nobody without the repository's token, and nothing is taken")
    func largeFileDoor() async throws {
        try await bench { bench in
            let web = try await bench.forge.repository("shop/web", tokens: ["web-token"])
            try await bench.mirror(try await web.push([:]))
            let id = String(repeating: "a", count: 64)
            for (method, path, body, token, status) in [
                (.post, "info/lfs/objects/batch", #"{"operation": "upload", "objects": []}"#, Self.token, 403),
                (.post, "info/lfs/objects/batch", "{}", Self.token, 422),
                (.post, "info/lfs/objects/batch", #"{"operation": "download", "objects": []}"#, "x", 401),
                (.get, "info/lfs/files/\(id)", nil, Self.token, 404),
                (.get, "info/lfs/files/\(id)", nil, "x", 401),
                (.get, "info/lfs/files/%2e%2e/config", nil, Self.token, 404),
                (.get, "modules/\(id).git/info/refs?service=git-upload-pack", nil, Self.token, 404),
                (.get, "modules/%2e%2e/x.git/info/refs?service=git-upload-pack", nil, Self.token, 404),
                (.get, "parts?commit=main&submodules=true", nil, Self.token, 404),
                (.get, "modules/\(id).git/parts?commit=\(id)", nil, Self.token, 404),
            ] as [(HTTPRequest.Method, String, String?, String, Int)] {
                let answer = try await bench.ask(method, path, token: token, body: body)
                #expect(answer.status == status, "\(path)")
            }
        }
    }
}
