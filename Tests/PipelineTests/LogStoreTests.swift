import Contracts
import Glibc
import Testing

@testable import Pipeline

@Suite struct LogStoreTests {
    private let id = LogStreamID(run: RunID(rawValue: "01run"), step: 1, attempt: 1)

    private func text(_ platform: PlatformFixture, from offset: Int64 = 0) async throws -> String {
        String(decoding: try await platform.reader.logs.read(id, from: offset), as: UTF8.self)
    }

    @Test func `Chunks in any order, each several times, are every byte once`() async throws {
        try await PlatformFixture.with { platform in
            let lines = (0..<200).map { "line \($0)\n" }
            var offset: Int64 = 0
            var chunks: [(offset: Int64, text: String)] = []
            for line in lines {
                chunks.append((offset, line))
                offset += Int64(line.utf8.count)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for chunk in (chunks + chunks).shuffled() {
                    group.addTask { [id] in
                        _ = try await platform.logs.append(Array(chunk.text.utf8), to: id, at: chunk.offset)
                    }
                }
                try await group.waitForAll()
            }
            let stored = try await text(platform)
            #expect(stored == lines.joined())
        }
    }

    @Test func `When bytes were written is known for every one of them, whatever came twice or in disorder`()
        async throws
    {
        try await PlatformFixture.with { platform in
            func moment(_ number: Int64) -> LogTime {
                LogTime(offset: number, at: Timestamp(milliseconds: 1_000 + number))
            }
            let store = platform.logs
            _ = try await store.append(Array("abcd".utf8), to: id, at: 0, times: [moment(0), moment(2)])
            async let late = store.append(Array("ij".utf8), to: id, at: 8, times: [moment(8)])
            _ = try await store.append(Array("abcd".utf8), to: id, at: 0, times: [moment(0), moment(2)])
            // Reaches back over what is there.
            _ = try await store.append(Array("cdefgh".utf8), to: id, at: 2, times: [moment(2), moment(4), moment(5)])
            _ = try await late
            let all = try await platform.reader.logs.times(id, from: 0)
            #expect(all == LogTimes(times: [0, 2, 4, 5, 8].map(moment), end: 10))
            #expect(
                (0..<10).map { all.time(of: $0)?.milliseconds } == [0, 0, 2, 2, 4, 5, 5, 5, 8, 8].map { 1_000 + $0 })
            let part = try await platform.reader.logs.times(id, from: 7, limit: 1)
            #expect(part == LogTimes(times: [moment(5)], end: 8))
            // A chunk of an older worker tells none.
            let other = LogStreamID(run: id.run, step: 2, attempt: 1)
            _ = try await store.append(Array("old".utf8), to: other, at: 0)
            #expect(try await platform.reader.logs.times(other, from: 0) == LogTimes(times: [], end: 3))
        }
    }

    @Test func `Moments of bytes that a crash took give way to those that come again`() throws {
        let path = "/tmp/slipway-times-\(RunID.make())"
        defer { unlink(path) }
        let times = (0..<5).map { LogTime(offset: $0 * 10, at: Timestamp(milliseconds: $0)) }
        try LogTimesFile.append(times, to: path)
        // Half a record.
        truncate(path, 5 * 16 - 3)
        let again = [
            LogTime(offset: 20, at: Timestamp(milliseconds: 77)), LogTime(offset: 21, at: .init(milliseconds: 78)),
        ]
        try LogTimesFile.append(again, to: path)
        #expect(try LogTimesFile.read(path, from: 0, limit: 100) == times.prefix(2) + again)
        #expect(try LogTimesFile.read(path, from: 20, limit: 1) == [again[0]])
        #expect(try LogTimesFile.read(path + "-none", from: 0, limit: 1) == [])
    }

    @Test func `A chunk that reaches back over what is there adds the rest`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.logs.append(Array("abc".utf8), to: id, at: 0)
            let added = try await platform.logs.append(Array("bcdef".utf8), to: id, at: 1)
            let repeated = try await platform.logs.append(Array("cd".utf8), to: id, at: 2)
            #expect(added)
            #expect(!repeated)
            let stored = try await text(platform)
            #expect(stored == "abcdef")
        }
    }

    @Test func `A chunk whose predecessor does not come is told apart, and taken when it has come`() async throws {
        try await PlatformFixture.with { platform in
            let gap = await #expect(throws: LogGap.self) {
                _ = try await platform.logs.append(Array("def".utf8), to: id, at: 3, patience: .milliseconds(10))
            }
            #expect(gap?.stored == 0)
            #expect(gap?.offset == 3)
            _ = try await platform.logs.append(Array("abc".utf8), to: id, at: 0)
            _ = try await platform.logs.append(Array("def".utf8), to: id, at: 3)
            let stored = try await text(platform)
            #expect(stored == "abcdef")
        }
    }

    @Test func `Another life of the service goes on where the file ends`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.logs.append(Array("abc".utf8), to: id, at: 0)
            let other = LogStore(directory: platform.logs.directory, changes: platform.store.changes)
            let repeated = try await other.append(Array("abc".utf8), to: id, at: 0)
            #expect(!repeated)
            _ = try await other.append(Array("def".utf8), to: id, at: 3)
            let stored = try await text(platform, from: 2)
            #expect(stored == "cdef")
        }
    }

    @Test func `A piece never parts a character`() async throws {
        try await PlatformFixture.with { platform in
            _ = try await platform.logs.append(Array("aé€😀".utf8), to: id, at: 0)
            for limit in 4...10 {
                var position: Int64 = 0
                var pieces = ""
                while true {
                    let bytes = try await platform.reader.logs.read(id, from: position, limit: limit)
                    if bytes.isEmpty { break }
                    position += Int64(bytes.count)
                    pieces += try #require(String(validating: bytes, as: UTF8.self))
                }
                #expect(pieces == "aé€😀")
            }
        }
    }

    @Test func `Logs of more streams than files may be open are all kept`() async throws {
        try await PlatformFixture.with { platform in
            for round in 0..<2 {
                for step in 1...400 {
                    let stream = LogStreamID(run: RunID(rawValue: "01run"), step: step, attempt: 1)
                    _ = try await platform.logs.append(Array("ab".utf8), to: stream, at: Int64(round * 2))
                }
            }
            let last = await platform.reader.logs.size(LogStreamID(run: id.run, step: 400, attempt: 1))
            let first = await platform.reader.logs.size(id)
            #expect(first == 4)
            #expect(last == 4)
        }
    }
}
