import Contracts
import FoundationEssentials
import Git
import Logging
import Synchronization
import Testing

@testable import Sync

/// Mirrors of repositories that the platform does not know any more go, and no others.
@Suite struct MirrorSweepTests {
    private struct Away: Error {}

    private func sweep(
        _ origin: Origin, after days: Int, _ answer: @escaping @Sendable () throws -> RepositoryLookupReply
    ) async throws -> [RepositoryPath] {
        try await MirrorSweep(
            mirrors: origin.mirrors, directory: RepositoryDirectory { _ in try answer() }, logger: Logger(label: "test")
        ).sweep(now: .now.adding(.seconds(86_400 * days)), rest: .zero)
    }

    @Test func `A mirror goes once the platform does not know its repository and nothing was fetched for a week`()
        async throws
    {
        let origin = try await Origin()
        let commit = try await origin.commit("one", ["a": [1]])
        _ = try await origin.synchronizer().synchronize(origin.trigger(commit: commit), cloneURL: "", attempt: 1)
        let mirror = origin.mirrors.mirror(of: Origin.repository)
        let modules = "\(origin.mirrors.modules)/\(Origin.repository).git"
        try FileManager.default.createDirectory(atPath: modules, withIntermediateDirectories: true)
        #expect(mirror.exists)

        #expect(try await sweep(origin, after: 6) { .unknown } == [])
        #expect(try await sweep(origin, after: 8) { .found(.init(cloneURL: "https://git.example/shop/web")) } == [])
        await #expect(throws: Away.self) { try await sweep(origin, after: 8) { throw Away() } }
        #expect(mirror.exists && FileManager.default.fileExists(atPath: modules))

        #expect(try await sweep(origin, after: 8) { .unknown } == [Origin.repository])
        #expect(!mirror.exists && !FileManager.default.fileExists(atPath: modules))
        #expect(try await sweep(origin, after: 8) { .unknown } == [])

        // Registered again, it is fetched again.
        let again = try await origin.synchronizer().synchronize(
            origin.trigger(commit: commit), cloneURL: "", attempt: 1)
        guard case .synced = again else {
            Issue.record("\(again)")
            return
        }
        #expect(mirror.exists)
    }

    @Test func `One that is known again by the time it would go stays, and what a crash left goes`() async throws {
        let origin = try await Origin()
        let commit = try await origin.commit("one", ["a": [1]])
        _ = try await origin.synchronizer().synchronize(origin.trigger(commit: commit), cloneURL: "", attempt: 1)
        let mirror = origin.mirrors.mirror(of: Origin.repository)
        let left = "\(origin.mirrors.directory)/shop/old.git\(Mirror.gone)"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
        // Known again by the time that nobody else works on it.
        let answers = Answers()
        #expect(try await sweep(origin, after: 8) { answers.next() } == [])
        #expect(mirror.exists && !FileManager.default.fileExists(atPath: left))
    }
}

/// First it does not know the repository, then it does.
private final class Answers: Sendable {
    private let isKnown = Mutex(false)

    func next() -> RepositoryLookupReply {
        isKnown.withLock { isKnown in
            defer { isKnown = true }
            return isKnown ? .found(.init(cloneURL: "https://git.example/shop/web")) : .unknown
        }
    }
}
