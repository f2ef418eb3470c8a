import Contracts
import FoundationEssentials
import Git
import Hummingbird
import Logging
import Secrets
import TestSupport
import Testing

@testable import Sync

/// A builder's checkouts, one after the other, from a mirror that asks for a token.
@Suite("Checkouts through a cache over HTTP")
struct CachedCheckoutTests {
    @Test("what the cache has is nobody's without a token for it; no token stays behind")
    func tokens() async throws {
        let origin = try await Origin()
        let tokens = MirrorToken(key: SigningKey(bytes: Array("0123456789abcdef0123456789abcdef".utf8)))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = Application(
            router: MirrorRoutes(mirrors: origin.mirrors, tokens: tokens, parts: origin.parts(), logger: logger)
                .router(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
        let cache = ObjectCache(
            directory: origin.folder + "/cache", limit: 1 << 30, locks: RepositoryLocks(), logger: logger)
        @Sendable func token(_ path: String, _ seconds: Int64) -> String {
            tokens.sign(RepositoryPath(rawValue: path), until: Timestamp.now.adding(.seconds(seconds)))
        }
        try await application.test(.live) { client in
            let url = "http://127.0.0.1:\(try #require(client.port))/shop/web.git"
            let program = origin.mirrors.program
            @Sendable func checkOut(_ commit: String, _ token: String) async throws -> String {
                let directory = "\(origin.folder)/work-\(UInt32.random(in: 0 ... .max))"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                try await program.checkout(
                    Checkout(
                        url: url, credential: .bearer(token), commit: commit, ref: "refs/heads/main",
                        directory: directory, depth: 50), through: cache)
                return directory
            }
            var commit = ""
            for number in 0..<12 {
                commit = try await origin.commit(
                    "\(number)", ["file": Array("\(number)".utf8), "same": Array(repeating: 120, count: 10_000)])
                _ = try await origin.synchronizer().synchronize(
                    origin.trigger(commit: commit), cloneURL: "", attempt: 1)
                let good = token("shop/web", 600)
                let workspace = try await checkOut(commit, good)
                #expect(FileManager.default.contents(atPath: workspace + "/file") == Data("\(number)".utf8))
                for folder in [workspace, cache.directory] {
                    for file in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                        let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
                        #expect(bytes.firstRange(of: Data(good.utf8)) == nil, "\(file)")
                    }
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).count == 2 * 12 + 1)
            for bad in [token("shop/web", -1), token("shop/other", 600), "none"] {
                var code: GitError.Code?
                do {
                    _ = try await checkOut(commit, bad)
                } catch let error as GitError {
                    code = error.code
                }
                #expect(code == .authentication)
            }
            // And none of them did the cache any harm.
            _ = try await checkOut(commit, token("shop/web", 600))
            #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).count == 2 * 12 + 1)
        }
    }
}
