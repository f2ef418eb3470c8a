import Contracts
import FoundationEssentials
import Git
import Logging
import TestSupport
import Testing

@testable import Sync

/// Servers that need time before they send a pack. The limits are set so low that what takes minutes in earnest shows in
/// seconds; Git measures them in whole ones.
@Suite("Slow servers")
struct SlowServerTests {
    private func mirror(_ origin: Origin, idleTimeout: Duration) -> Mirror {
        var program = origin.mirrors.program
        program.idleTimeout = idleTimeout
        return Mirror(directory: origin.folder + "/mirror.git", program: program, locks: RepositoryLocks())
    }

    @Test(
        "a pack of 300 MB arrives whole from a server that only keeps the connection alive for longer than it may be silent"
    )
    func large() async throws {
        try await GitForge.with(in: "/dev/shm") { forge in
            let commit = try await forge.repository("shop/web").pushLargeFile(mebibytes: 300)
            let origin = try await Origin(in: "/dev/shm")
            let mirror = mirror(origin, idleTimeout: .seconds(2))
            let source = FetchSource(url: forge.slowURL("shop/web", pause: 5, keepalive: 1))
            #expect(try await mirror.fetch(ref: "refs/heads/main", commit: commit, from: source) == commit)
            let size = try await origin.git("cat-file", "-s", "\(commit):large.bin", in: mirror.directory)
            #expect(size == "\(300 << 20)")
        }
    }

    @Test("a server that sends not one byte is waited for as long as is set, and then named")
    func silent() async throws {
        try await GitForge.with { forge in
            let commit = try await forge.repository("shop/web").push(["a": "b"])
            let origin = try await Origin()
            let source = FetchSource(url: forge.slowURL("shop/web", pause: 4, keepalive: 0))
            do {
                _ = try await mirror(origin, idleTimeout: .seconds(1))
                    .fetch(ref: "refs/heads/main", commit: commit, from: source)
                Issue.record("it waited for longer")
            } catch let error as GitError {
                #expect(error.code == .unreachable)
                #expect(error.message.hasSuffix("the server sent nothing for longer than SLIPWAY_SYNC_IDLE_TIMEOUT"))
                #expect(error.mayPass)
            }
            #expect(
                try await mirror(origin, idleTimeout: .seconds(60))
                    .fetch(ref: "refs/heads/main", commit: commit, from: source) == commit)
        }
    }

    @Test("a fetch that takes longer than it may names the limit")
    func limit() async throws {
        try await GitForge.with { forge in
            try await forge.repository("shop/web").push(["a": "b"])
            let origin = try await Origin()
            let url = forge.slowURL("shop/web", pause: 6, keepalive: 1)
            let outcome = try await origin.synchronizer(.found(.init(cloneURL: url)), timeout: .seconds(2))
                .synchronize(origin.trigger(), cloneURL: "", attempt: 3)
            guard case .failed(let failure) = outcome else { throw TestFailure("\(outcome)") }
            #expect(failure.code == .unreachable)
            #expect(failure.reason.hasSuffix("raise SLIPWAY_SYNC_TIMEOUT"), "\(failure.reason)")
        }
    }
}
