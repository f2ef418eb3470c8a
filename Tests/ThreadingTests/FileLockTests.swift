import Glibc
import Testing
import Threading

@Suite(.timeLimit(.minutes(1)))
struct FileLockTests {
    private func withPath(_ work: (String) async throws -> Void) async throws {
        let path = "/tmp/slipway-lock-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        try await work(path)
    }

    @Test func oneHolderAtATime() async throws {
        try await withPath { path in
            let first = try #require(try FileLock.take(path))
            #expect(try FileLock.take(path) == nil)
            first.release()
            #expect(try FileLock.take(path) != nil)
        }
    }

    @Test func tellsWhetherItWasGivenBack() async throws {
        try await withPath { path in
            let first = try #require(try FileLock.take(path))
            #expect(first.isAbandoned, "nobody is known to have held it")
            first.release()
            let second = try #require(try FileLock.take(path))
            #expect(!second.isAbandoned)
            // As when its holder ends without a chance to say so.
            second.release()
            let descriptor = open(path, O_WRONLY)
            #expect(ftruncate(descriptor, 0) == 0)
            close(descriptor)
            let third = try #require(try FileLock.take(path))
            #expect(third.isAbandoned)
        }
    }

    @Test func waitsNoLongerThanItMay() async throws {
        try await withPath { path in
            let holder = try #require(try FileLock.take(path))
            #expect(try await FileLock.take(path, within: .milliseconds(50)) == nil)
            let waiter = Task { try await FileLock.take(path, within: nil) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            async let taken = FileLock.take(path, within: .seconds(20))
            try await Task.sleep(for: .milliseconds(20))
            holder.release()
            #expect(try await taken != nil)
        }
    }

    @Test func namesTheFileThatCannotBeMade() throws {
        let error = try #require(throws: FileLockError.self) { try FileLock.take("/no/such/folder/lock") }
        #expect("\(error)" == "/no/such/folder/lock cannot be locked: No such file or directory")
    }
}
