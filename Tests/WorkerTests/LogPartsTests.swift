import Contracts
import SystemPackage
import Testing

@testable import Worker

@Suite struct TextRepairTests {
    @Test func charactersCutAnywhereComeWhole() {
        let text = "aé€🚀z — ünï"
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var repair = TextRepair()
            var result = ""
            for start in stride(from: 0, to: bytes.count, by: size) {
                result += repair.feed(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            result += repair.finish()
            #expect(result == text)
        }
    }

    @Test func whatIsNoTextIsReplaced() {
        var repair = TextRepair()
        #expect(repair.feed([0x61, 0xFF, 0x62]) == "a\u{FFFD}b")
        #expect(repair.feed([0xC3]) == "")
        #expect(repair.feed([0x28]) == "\u{FFFD}(")
        #expect(repair.feed([0xF0, 0x9F, 0x9A]) == "")
        #expect(repair.finish() == "\u{FFFD}")
        #expect(repair.finish() == "")
    }

    @Test func strayContinuationsAreNotHeldBack() {
        var repair = TextRepair()
        #expect(repair.feed([0x80, 0x80, 0x80]) == "\u{FFFD}\u{FFFD}\u{FFFD}")
    }
}

@Suite struct LogCutTests {
    private func cut(_ text: String, _ limit: Int) -> Int { LogCut.length(of: Array(text.utf8)[...], limit: limit) }

    @Test func wholeLinesWherePossible() {
        #expect(cut("one\ntwo\nthr", 100) == 8)
        #expect(cut("one\ntwo\nthr", 6) == 4)
        #expect(cut("partial", 100) == 7)
        #expect(cut("a line that is too long", 6) == 6)
    }

    @Test func neverThroughACharacter() {
        #expect(cut("ab🚀cd", 4) == 2)
        #expect(cut("ab🚀cd", 6) == 6)
        #expect(LogCut.length(of: [0, 0, 97, 98, 10, 99].dropFirst(2), limit: 10) == 3)
    }
}

@Suite struct LogPacingTests {
    private let start = ContinuousClock.now
    private func at(_ milliseconds: Int) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    @Test func theFirstBytesGoAlmostAtOnceAndTheNextAfterTheInterval() {
        var pacing = LogPacing()
        #expect(pacing.due(pending: 0, ended: false, now: at(0)) == .never)
        pacing.arrived(at: at(0))
        #expect(pacing.due(pending: 5, ended: false, now: at(0)) == .at(at(8)))
        #expect(pacing.due(pending: 5, ended: false, now: at(8)) == .now)
        pacing.cut(at: at(8), pending: 0)
        pacing.arrived(at: at(10))
        #expect(pacing.due(pending: 5, ended: false, now: at(10)) == .at(at(108)))
        pacing.cut(at: at(108), pending: 0)
        pacing.arrived(at: at(500))
        #expect(pacing.due(pending: 5, ended: false, now: at(500)) == .at(at(508)))
    }

    @Test func aFullChunkAndTheEndDoNotWait() {
        var pacing = LogPacing()
        pacing.arrived(at: at(0))
        #expect(pacing.due(pending: pacing.size, ended: false, now: at(0)) == .now)
        #expect(pacing.due(pending: 1, ended: true, now: at(0)) == .now)
        #expect(pacing.due(pending: 0, ended: true, now: at(0)) == .never)
    }
}

@Suite struct LogMarksTests {
    private func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func everyChunkBeginsWithItsMoment() {
        var marks = LogMarks()
        marks.arrived(at: 0, moment(100))
        // On its heels: the same moment.
        marks.arrived(at: 5, moment(105))
        marks.arrived(at: 10, moment(120))
        marks.arrived(at: 30, moment(140))
        #expect(marks.take(from: 0, to: 8) == [LogTime(offset: 0, at: moment(100))])
        #expect(
            marks.take(from: 8, to: 20)
                == [LogTime(offset: 8, at: moment(100)), LogTime(offset: 10, at: moment(120))])
        #expect(
            marks.take(from: 20, to: 40)
                == [LogTime(offset: 20, at: moment(120)), LogTime(offset: 30, at: moment(140))])
        #expect(marks.take(from: 40, to: 50) == [LogTime(offset: 40, at: moment(140))])
    }

    @Test func whatWaitsLongDoesNotGrowWithoutEnd() {
        var marks = LogMarks()
        for number in 0..<Int64(100_000) { marks.arrived(at: number, moment(number * 20)) }
        let taken = marks.take(from: 0, to: 100_000)
        #expect(taken.count <= LogMarks.mostOfChunk)
        #expect(taken.first == LogTime(offset: 0, at: moment(0)))
        #expect(taken.map(\.offset) == taken.map(\.offset).sorted())
    }

    @Test func lostBytesTakeTheirMomentsAlong() {
        var marks = LogMarks()
        marks.arrived(at: 0, moment(0))
        marks.arrived(at: 10, moment(50))
        marks.lose(from: 4)
        marks.arrived(at: 4, moment(100))
        #expect(
            marks.take(from: 0, to: 20) == [LogTime(offset: 0, at: moment(0)), LogTime(offset: 4, at: moment(100))])
    }
}

@Suite struct LogWindowTests {
    private func entry(_ offset: Int64) -> LogWindow.Entry { .init(offset: offset, text: "t\(offset)") }

    private func filled(_ count: Int64) -> LogWindow {
        var window = LogWindow(capacity: 4)
        for offset in 0..<count { window.add(entry(offset)) }
        return window
    }

    @Test func sendsInOrderAndEmptiesFromTheFront() {
        var window = filled(3)
        #expect((0..<4).map { _ in window.next()?.offset } == [0, 1, 2, nil])
        window.confirmed(1)
        window.confirmed(0)
        #expect(!window.isEmpty)
        window.confirmed(2)
        #expect(window.isEmpty)
    }

    @Test func isBounded() {
        var window = filled(3)
        #expect(window.hasRoom)
        window.add(entry(3))
        #expect(!window.hasRoom)
    }

    @Test func aRejectionSendsAgainAllThatCameAfterIt() {
        var window = filled(4)
        for _ in 0..<4 { _ = window.next() }
        window.confirmed(0)
        window.rejected(1)
        #expect(!window.isSettled)
        #expect(window.next() == nil)
        window.confirmed(2)
        #expect(!window.isSettled)
        window.rejected(3)
        #expect(window.isSettled)
        #expect(!window.hasRoom)
        window.resume()
        #expect((0..<4).map { _ in window.next()?.offset } == [1, 2, 3, nil])
        for offset in [1, 2, 3] as [Int64] { window.confirmed(offset) }
        #expect(window.isEmpty)
    }

    @Test func anEarlierRejectionThatComesLaterCountsAsWell() {
        var window = filled(3)
        for _ in 0..<3 { _ = window.next() }
        window.rejected(2)
        window.rejected(0)
        window.confirmed(1)
        #expect(window.isSettled)
        window.resume()
        #expect((0..<3).map { _ in window.next()?.offset } == [0, 1, 2])
    }
}

@Suite struct LogBacklogTests {
    private func pattern(_ count: Int, from start: Int = 0) -> [UInt8] {
        (start..<start + count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    private func drain(_ backlog: inout LogBacklog, by size: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        while backlog.count > 0 {
            let front = try backlog.front(size)
            #expect(!front.isEmpty)
            all += front
            backlog.remove(front.count)
        }
        return all
    }

    @Test func keepsOrderThroughMemoryAndFile() throws {
        var backlog = LogBacklog(memoryLimit: 1000, directory: "/tmp")
        var written = 0
        var read: [UInt8] = []
        for round in 0..<200 {
            let piece = pattern(37 + round, from: written)
            #expect(try backlog.append(piece[...]) == piece.count)
            written += piece.count
            if round % 3 == 0 {
                let front = try backlog.front(90)
                read += front
                backlog.remove(front.count)
            }
        }
        #expect(backlog.isSpooled)
        read += try drain(&backlog, by: 333)
        #expect(read == pattern(written))
        #expect(!backlog.isSpooled)
        #expect(try backlog.append(pattern(10)[...]) == 10)
        #expect(!backlog.isSpooled)
        try backlog.close()
    }

    @Test func withoutAFileItTakesWhatMemoryHolds() throws {
        var backlog = LogBacklog(memoryLimit: 100, directory: nil)
        #expect(try backlog.append(pattern(80)[...]) == 80)
        #expect(try backlog.append(pattern(80, from: 80)[...]) == 20)
        #expect(try backlog.append(pattern(80, from: 100)[...]) == 0)
        #expect(try drain(&backlog, by: 30) == pattern(100))
    }

    @Test func aDirectoryThatIsNotThereIsAnError() {
        var backlog = LogBacklog(memoryLimit: 1, directory: "/nowhere/at/all")
        #expect(throws: Errno.noSuchFileOrDirectory) { try backlog.append([1, 2, 3]) }
        #expect(backlog.count == 0)
    }
}
