import Contracts
import FoundationEssentials
import Git
import Logging
import Secrets
import TestSupport
import Testing

@testable import Sync

/// Servers that do not give what they are asked for.
@Suite("Servers in a mood")
struct ForgeTroubleTests {
    private func failure(
        _ origin: Origin, _ url: String, token: String? = nil, attempt: Int = 1
    ) async throws -> (code: SyncFailed.Code?, reason: String) {
        let sealed = try token.map { try origin.keys.seal($0, for: .token(of: Origin.repository, cloneURL: url)) }
        let outcome = try await origin.synchronizer(.found(.init(cloneURL: url, token: sealed)))
            .synchronize(origin.trigger(), cloneURL: "", attempt: attempt)
        switch outcome {
        case .failed(let failure): return (failure.code, failure.reason)
        case .delayed(let delay), .waiting(let delay, _): return (nil, delay.reason)
        case .synced: throw TestFailure("it was fetched")
        }
    }

    @Test("a page to sign in, too many requests, and a gateway's error are named")
    func named() async throws {
        try await GitForge.with { forge in
            let origin = try await Origin()
            let repository = try await forge.repository("shop/web")
            _ = try await repository.push([:])
            let login = try await failure(origin, forge.url("login/shop/web"))
            #expect(login.code == .git)
            #expect(login.reason.contains("a web page answers in place of Git"))
            let busy = try await failure(origin, forge.url("busy/shop/web"))
            #expect(busy.code == nil)
            #expect(busy.reason.contains("429 Too Many Requests"))
            #expect(busy.reason.hasSuffix("attempt 2 of 5 is in 5 s"))
            let broken = try await failure(origin, forge.url("broken/shop/web"), attempt: 3)
            #expect(broken.code == .unreachable)
        }
    }

    @Test("credentials follow a redirect on their own server and to no other")
    func redirects() async throws {
        try await GitForge.with { forge in
            let origin = try await Origin()
            let repository = try await forge.repository("shop/web")
            let commit = try await repository.push([:])
            // With a token nothing is asked of another host; without, the redirect is followed.
            let moved = try await failure(origin, forge.url("moved/shop/web"), token: "secret")
            #expect(moved.code == .git)
            let target = forge.url("shop/web").replacing("127.0.0.1", with: "localhost")
            #expect(moved.reason.contains("redirects to \(target), and credentials are not sent there"))
            #expect(try forge.requests().filter { $0.contains(" signed ") }.allSatisfy { $0.contains(" /moved/") })
            await #expect(throws: TestFailure.self) {
                try await failure(origin, forge.url("moved/shop/web"))
            }
            // A renamed repository, or one without its “.git”, is at the same server.
            try forge.allow("shop/web", ["secret"])
            let mirror = Mirror(
                directory: origin.folder + "/alias.git", program: origin.mirrors.program, locks: RepositoryLocks())
            #expect(
                try await mirror.fetch(
                    ref: "refs/heads/main", commit: commit,
                    from: FetchSource(
                        url: forge.url("alias/shop/web"), credential: .basic(username: "u", password: "secret")))
                    == commit)
        }
    }

    @Test("git-lfs takes credentials along to no other host either")
    func largeFileRedirects() async throws {
        try await GitForge.with { forge in
            let origin = try await Origin()
            let repository = try await forge.repository("shop/web")
            let (pointer, _) = try await forge.storeLargeFile(Array("large".utf8))
            let commit = try await repository.push([
                ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "a.bin": pointer,
            ])
            let mirror = Mirror(
                directory: origin.folder + "/large.git", program: origin.mirrors.program, locks: RepositoryLocks())
            _ = try await mirror.fetch(
                ref: "refs/heads/main", commit: commit, from: FetchSource(url: forge.url("shop/web")))
            let moved = FetchSource(
                url: forge.url("moved/shop/web"), credential: .basic(username: "u", password: "secret"))
            // Whether what another host gives is taken is git-lfs' affair: it is verified by its SHA-256.
            try? await mirror.fetchLargeFiles(of: commit, from: moved, limit: 1 << 20)
            let signed = try forge.requests().filter { $0.contains(" signed ") }
            #expect(!signed.isEmpty && signed.allSatisfy { $0.contains(" /moved/") }, "\(signed)")
        }
    }

    @Test("a certificate of one's own authority is refused by name, and taken where the authority is trusted")
    func certificates() async throws {
        let folder = "/tmp/slipway-certificate-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        let script = """
            set -e; cd "$1"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ours -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=forge -keyout key.pem -out csr.pem
            echo subjectAltName=IP:127.0.0.1 > extensions
            openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out certificate.pem
            """
        _ = try await runTool("sh", ["-c", script, "sh", folder])
        try await GitForge.with(certificate: (folder + "/certificate.pem", folder + "/key.pem")) { forge in
            let commit = try await forge.repository("shop/web").push([:])
            let origin = try await Origin()
            let refused = try await failure(origin, forge.url("shop/web"))
            #expect(refused.code == .unreachable)
            #expect(refused.reason.contains("TLS certificate is not trusted"))
            #expect(refused.reason.contains("SLIPWAY_CA_FILE"))
            var program = origin.mirrors.program
            program.certificates = folder + "/ca.pem"
            let mirror = Mirror(directory: origin.folder + "/m.git", program: program, locks: RepositoryLocks())
            #expect(
                try await mirror.fetch(
                    ref: "refs/heads/main", commit: commit, from: FetchSource(url: forge.url("shop/web"))) == commit)
        }
    }
}
