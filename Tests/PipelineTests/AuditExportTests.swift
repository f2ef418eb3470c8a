import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage
import Synchronization
import Testing

@testable import Pipeline

/// The audit log, whole, as JSON lines.
@Suite(.timeLimit(.minutes(4))) struct AuditExportTests {
    private static let count = 100_000

    /// Takes what is exported and keeps nothing of it.
    private final class Reader: Sendable {
        struct State {
            var entries = 0
            var bytes = 0
            var lastID: Int64 = 0
            var isInOrder = true
            var mostMemory = 0
            var isFinished = false
        }

        let state = Mutex(State())

        struct Writer: ResponseBodyWriter {
            let reader: Reader

            mutating func write(_ buffer: ByteBuffer) async throws {
                let memory = try Memory.resident()
                let lines = buffer.readableBytesView.split(separator: 0x0A)
                let ids = try [lines.first, lines.last].compactMap(\.self).map {
                    try Wire.decode(AuditView.self, from: Data($0)).id
                }
                reader.state.withLock { state in
                    state.entries += lines.count
                    state.bytes += buffer.readableBytes
                    state.isInOrder = state.isInOrder && ids[0] > state.lastID && ids[1] >= ids[0]
                    state.lastID = ids[1]
                    state.mostMemory = max(state.mostMemory, memory)
                }
            }

            consuming func finish(_ trailer: HTTPFields?) async throws {
                reader.state.withLock { $0.isFinished = true }
            }
        }
    }

    private enum Memory {
        /// In bytes.
        static func resident() throws -> Int {
            let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
        }
    }

    private func fill(_ platform: PlatformFixture, _ count: Int) async throws {
        try await platform.store.store.write { database in
            try database.execute(
                """
                WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
                INSERT INTO audit (at, account, via, operation, subject, became)
                    SELECT n, 'anna', 'session', 'pool.save', 'gpu', ? FROM numbers
                """, [#"{"text":"\#(String(repeating: "x", count: 600))"}"#])
        }
    }

    private func export(
        _ platform: PlatformFixture, mayGoOn: @escaping @Sendable () async throws -> Bool = { true }
    ) async throws -> Reader.State {
        let export = AuditExport(
            audit: platform.operations.audit, query: AuditQuery(account: "anna"), principal: platform.principal,
            mayGoOn: mayGoOn)
        let reader = Reader()
        let body = export.body(from: try await export.page(after: 0))
        do {
            try await body.write(Reader.Writer(reader: reader))
        } catch let error as OperationError where error.kind == .notSignedIn {}
        return reader.state.withLock { $0 }
    }

    @Test func `A hundred thousand entries are exported within a few megabytes`() async throws {
        try await PlatformFixture.with { platform in
            try await fill(platform, Self.count)
            let before = try Memory.resident()
            let read = try await export(platform)
            #expect(read.entries == Self.count && read.isInOrder && read.isFinished)
            #expect(read.bytes > 70_000_000)
            let grown = read.mostMemory - before
            #expect(grown < 32_000_000, "\(grown) bytes for \(read.bytes)")
        }
    }

    @Test func `Whoever may read it no more gets no further page, and no end`() async throws {
        try await PlatformFixture.with { platform in
            try await fill(platform, 1_000)
            let asked = Mutex(0)
            let read = try await export(platform) {
                asked.withLock { count in
                    count += 1
                    return count < 3
                }
            }
            #expect(read.entries == 600 && !read.isFinished)
        }
    }
}
