import Contracts
import Logging
import Secrets
import Synchronization
import SystemPackage
import Testing

@testable import Worker

/// A log's reader that puts what comes early in its place, as the platform's does, and can be told to refuse.
final class RecordingSink: LogSink {
    struct Refused: Error {}
    private struct State {
        var text = ""
        /// What came before the text it follows, by offset.
        var early: [Int: String] = [:]
        var chunks = 0
        var refusals = 0
        var open = true
    }

    private let state = Mutex(State())
    /// Refuses every chunk whose count is a multiple of this; 0 for none.
    private let refuseEvery: Int

    init(refuseEvery: Int = 0, open: Bool = true) {
        self.refuseEvery = refuseEvery
        state.withLock { $0.open = open }
    }

    var text: String { state.withLock { $0.text } }
    var chunks: Int { state.withLock { $0.chunks } }
    func setOpen(_ open: Bool) { state.withLock { $0.open = open } }

    func publish(_ chunk: LogChunk) async throws {
        try state.withLock { state in
            state.refusals += 1
            guard state.open, refuseEvery == 0 || state.refusals % refuseEvery != 0 else { throw Refused() }
            #expect(chunk.text.utf8.count <= 256 * 1024)
            #expect(chunk.times?.first?.offset == chunk.offset)
            if Int(chunk.offset) >= state.text.utf8.count { state.early[Int(chunk.offset)] = chunk.text }
            while let next = state.early.removeValue(forKey: state.text.utf8.count) {
                state.text += next
                state.chunks += 1
            }
        }
    }
}

@Suite(.timeLimit(.minutes(3))) struct LogShipperTests {
    private func ship(
        _ sink: RecordingSink, secrets: [String] = [], memory: Int = 1 << 20, window: Int = 1, spool: Bool = true,
        limit: Int64? = nil,
        _ body: @escaping @Sendable (LogShipper) async throws -> Void
    ) async throws -> Int64 {
        var configuration = LogShipper.Configuration(spool: spool ? "/tmp" : nil)
        configuration.memory = memory
        configuration.window = window
        configuration.limit = limit
        configuration.backoff = .milliseconds(1)
        let shipper = LogShipper(
            .init(job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, step: "test"),
            mask: LogMask(secrets: secrets), sink: sink, configuration: configuration, logger: Logger(label: "test"))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await shipper.run() }
            try await body(shipper)
            let length = try await shipper.finish()
            try await group.waitForAll()
            return length
        }
    }

    @Test func everyByteArrivesInOrder() async throws {
        let sink = RecordingSink()
        let length = try await ship(sink) { shipper in
            for number in 0..<1000 { await shipper.line("line \(number)") }
        }
        #expect(sink.text == (0..<1000).map { "line \($0)\n" }.joined())
        #expect(length == Int64(sink.text.utf8.count))
        #expect(sink.chunks < 50)
    }

    @Test func anEmptyLogEnds() async throws {
        let sink = RecordingSink()
        #expect(try await ship(sink) { _ in } == 0)
        #expect(sink.chunks == 0)
    }

    @Test func secretsAreMaskedAcrossWritesAndOffsetsCountWhatIsShown() async throws {
        let sink = RecordingSink()
        let length = try await ship(sink, secrets: ["hunter22"]) { shipper in
            await shipper.write(Array("password=hun".utf8))
            await shipper.write(Array("ter22 done\n".utf8))
        }
        #expect(sink.text == "password=****** done\n")
        #expect(length == 21)
    }

    @Test func bytesThatAreNoTextDoNoHarm() async throws {
        let sink = RecordingSink()
        let length = try await ship(sink) { shipper in
            await shipper.write([0xFF, 0x41, 0xE2, 0x82])
            await shipper.write([0xAC, 0x0A, 0xF0])
        }
        #expect(sink.text == "\u{FFFD}A€\n\u{FFFD}")
        #expect(length == Int64(sink.text.utf8.count))
    }

    @Test(arguments: [1, 4]) func rejectedChunksGoAgain(window: Int) async throws {
        let sink = RecordingSink(refuseEvery: 3)
        let line = String(repeating: "x", count: 999) + "\n"
        _ = try await ship(sink, window: window) { shipper in
            for _ in 0..<5000 { await shipper.write(Array(line.utf8)) }
        }
        #expect(sink.text.utf8.count == 5_000_000)
    }

    @Test func theStepRunsOnWhileTheBrokerIsAway() async throws {
        let sink = RecordingSink(open: false)
        let line = Array((String(repeating: "y", count: 63) + "\n").utf8)
        let length = try await ship(sink, memory: 64 * 1024) { shipper in
            for _ in 0..<50_000 { await shipper.write(line) }
            sink.setOpen(true)
        }
        #expect(length == 3_200_000)
        #expect(sink.text.utf8.count == 3_200_000)
    }

    @Test func withoutASpoolTheStepWaitsAndNothingIsLost() async throws {
        let sink = RecordingSink(open: false)
        let length = try await ship(sink, memory: 10_000, spool: false) { shipper in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Task.sleep(for: .milliseconds(30))
                    sink.setOpen(true)
                }
                for number in 0..<10_000 { await shipper.line("\(number)") }
                try await group.waitForAll()
            }
        }
        #expect(length == Int64(sink.text.utf8.count))
        #expect(sink.text.hasSuffix("9998\n9999\n"))
    }

    @Test func firstBytesDoNotWaitForMore() async throws {
        let sink = RecordingSink()
        _ = try await ship(sink) { shipper in
            await shipper.line("begun")
            while sink.text.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            #expect(sink.text == "begun\n")
        }
    }

    @Test func cancellationEndsBothSides() async throws {
        let sink = RecordingSink(open: false)
        let shipper = LogShipper(
            .init(job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, step: "test"),
            mask: LogMask(secrets: []), sink: sink, logger: Logger(label: "test"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await shipper.run() }
            group.addTask {
                await shipper.line("never sent")
                await #expect(throws: CancellationError.self) { try await shipper.finish() }
            }
            group.cancelAll()
        }
    }

    @Test(arguments: [true, false]) func whatACancelledTaskWritesArrives(spool: Bool) async throws {
        let sink = RecordingSink(open: false)
        let text = String(repeating: "z", count: 9_999)
        let length = try await ship(sink, memory: 10_000, spool: spool) { shipper in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Where the memory is full and there is no file, also this waits for room.
                    withUnsafeCurrentTask { $0?.cancel() }
                    for _ in 0..<3 { await shipper.line(text) }
                }
                sink.setOpen(true)
            }
        }
        #expect(sink.text == String(repeating: text + "\n", count: 3))
        #expect(length == 30_000)
    }

    @Test func aWriterWhoWaitsForRoomGoesOnWhenTheSendingEnds() async throws {
        let shipper = LogShipper(
            .init(job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, step: "test"),
            mask: LogMask(secrets: []), sink: RecordingSink(open: false), logger: Logger(label: "test"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { await shipper.write(Array(repeating: 65, count: 2 << 20)) } }
            group.addTask { await shipper.stop() }
        }
        await #expect(throws: CancellationError.self) { try await shipper.finish() }
    }

    @Test func whatIsBeyondTheLimitIsNotKeptAndTheLogSaysSo() async throws {
        let sink = RecordingSink()
        let length = try await ship(sink, limit: 100) { shipper in
            await shipper.write(Array("\(String(repeating: "1", count: 70))\n".utf8))
            // What is kept of the beginning ends in the middle of a character.
            await shipper.write(Array("123é6\n".utf8))
            for number in 0..<1000 { await shipper.write(Array("\(number)\n".utf8)) }
            await shipper.line("it failed")
        }
        #expect(
            sink.text == """
                \(String(repeating: "1", count: 70))
                123
                — the step prints more than is kept (SLIPWAY_STEP_LOG_LIMIT of pipeline): the end follows when it has ended —
                — 3878 bytes are not kept —
                996
                997
                998
                999
                it failed

                """)
        #expect(length == Int64(sink.text.utf8.count))
        for count in [75, 76, 99, 100] {
            let whole = RecordingSink()
            let text = String(repeating: "é", count: count / 2) + (count % 2 == 1 ? "x" : "")
            _ = try await ship(whole, limit: 100) { await $0.write(Array(text.utf8)) }
            #expect(whole.text == text)
        }
    }

    @Test func theWorkersOwnLinesBeginAtALinesStart() async throws {
        let sink = RecordingSink()
        _ = try await ship(sink) { shipper in
            await shipper.line("one")
            await shipper.write(Array("open".utf8))
            await shipper.line("two")
        }
        #expect(sink.text == "one\nopen\ntwo\n")
    }
}
