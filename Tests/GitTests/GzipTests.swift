import FoundationEssentials
import Testing

@testable import Git

@Suite("Gzip")
struct GzipTests {
    /// What the program makes of all kinds of bytes: stored, fixed and made for the data, near and far repetitions.
    @Test("reads what gzip writes", arguments: [1, 6, 9])
    func program(_ level: Int) async throws {
        let sandbox = try Sandbox()
        let commits = (0..<40).map { _ in "have \(Self.random(20).map { String($0, radix: 16) }.joined())\n" }.joined()
        let samples: [[UInt8]] = [
            [], [0], Array("a".utf8), Array(commits.utf8), Self.random(100_000), Array(repeating: 7, count: 300_000),
            Array(String(repeating: commits, count: 30).utf8),
            Array("abc".utf8) + Self.random(40_000) + Array("abc".utf8),
            (0..<200_000).map { _ in UInt8.random(in: 0...3) },
            (0..<70_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 5) },
        ]
        for sample in samples {
            let packed = try await Self.gzip(sample, level, sandbox.path)
            #expect(try Gzip.inflate(packed, limit: sample.count) == sample)
            if !sample.isEmpty {
                #expect(await code { _ = try Gzip.inflate(packed, limit: sample.count - 1) } == .tooLarge)
            }
        }
    }

    @Test("what is cut or changed anywhere is refused")
    func damage() async throws {
        let sandbox = try Sandbox()
        let sample = Array(String(repeating: "0032have 8a82566875fe8fd2aec8795bf136d01a3d80d54a", count: 4).utf8)
        let text = sample + Self.random(30)
        let packed = try await Self.gzip(text, 9, sandbox.path)
        for length in packed.indices {
            #expect(await code { _ = try Gzip.inflate(Array(packed[..<length]), limit: 1000) } == .invalid)
        }
        #expect(await code { _ = try Gzip.inflate(packed + [0], limit: 1000) } == .invalid)
        // Not the header's time, flags and system, which say nothing of the data.
        for place in packed.indices where !(3..<10).contains(place) {
            for bit in 0..<8 {
                var changed = packed
                changed[place] ^= 1 << bit
                // Or it was a bit between the end of the data and its checksum.
                let refused = await code {
                    let read = try Gzip.inflate(changed, limit: 1000)
                    #expect(read == text)
                }
                #expect(refused == nil || refused == .invalid || refused == .tooLarge)
            }
        }
        for _ in 0..<20_000 {
            let noise = [0x1f, 0x8b, 8, UInt8.random(in: 0...31)] + Self.random(.random(in: 0...60))
            #expect(await code { _ = try Gzip.inflate(noise, limit: 1000) } != nil)
        }
    }

    @Test("a header may have a name, a comment, more, and a checksum of its own")
    func header() async throws {
        let sandbox = try Sandbox()
        let packed = try await Self.gzip(Array("text".utf8), 6, sandbox.path)
        let fields: [UInt8] = [3, 0, 1, 2, 3] + Array("name\0comment\0".utf8) + [9, 9]
        let full = packed[..<3] + [2 + 4 + 8 + 16] + packed[4..<10] + fields + packed[10...]
        #expect(try Gzip.inflate(Array(full), limit: 4) == Array("text".utf8))
    }

    private static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }

    private static func gzip(_ bytes: [UInt8], _ level: Int, _ folder: String) async throws -> [UInt8] {
        let file = folder + "/sample"
        try Data(bytes).write(to: URL(filePath: file))
        let launch = Launch(
            executable: GitProgram.find("gzip") ?? "gzip", arguments: ["-n", "-c", "-\(level)", file], directory: nil,
            environment: [:], input: [], outputLimit: 1 << 20)
        return try await launch.run().bytes
    }
}
