import Glibc
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct OwnThreadTests {
    private struct Refusal: Error, Equatable { var number: Int }

    /// More of it at a time than there are threads for all that does not block.
    @Test func whatBlocksHoldsNobodyElse() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let gate = ends[0]
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<256 {
                group.addTask {
                    await OwnThread.run("test") {
                        var byte: UInt8 = 0
                        return read(gate, &byte, 1)
                    }
                }
            }
            for _ in 0..<100 { await Task.detached { await Task.yield() }.value }
            // All of them are at the end of the pipe now.
            close(ends[1])
            for await count in group { #expect(count == 0) }
        }
        close(gate)
    }

    @Test func whatItThrowsIsThrown() async {
        await #expect(throws: Refusal(number: 7)) {
            try await OwnThread.run("test") { () throws(Refusal) -> Int in throw Refusal(number: 7) }
        }
        #expect(await OwnThread.run("test") { 5 } == 5)
    }
}
