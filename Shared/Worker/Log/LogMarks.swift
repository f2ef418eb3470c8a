import Contracts

/// When the bytes of a log came, as far as it is not sent yet.
struct LogMarks: Sendable {
    /// Bytes that come this soon after others have their time, in milliseconds.
    static let resolution: Int64 = 10
    /// The most that one chunk takes along: a chunk that waited for a broker may be of hours.
    static let mostOfChunk = 256

    private var marks: [LogTime] = []

    /// Bytes came that begin at this offset.
    mutating func arrived(at offset: Int64, _ moment: Timestamp) {
        if let last = marks.last, abs(moment.milliseconds - last.at.milliseconds) < Self.resolution { return }
        marks.append(LogTime(offset: offset, at: moment))
        // What waits is bounded by the spool, not by us: of many every other one is as good.
        if marks.count > 16 * Self.mostOfChunk {
            marks = marks.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        }
    }

    /// The marks of the next chunk; those are forgotten, but for the one that the bytes behind it go on with.
    mutating func take(from start: Int64, to end: Int64) -> [LogTime] {
        let before = marks.lastIndex { $0.offset <= start }
        let after = marks.firstIndex { $0.offset >= end } ?? marks.endIndex
        var taken = before.map { [LogTime(offset: start, at: marks[$0].at)] } ?? []
        taken += marks[..<after].filter { $0.offset > start }
        marks.removeFirst(max(0, after - 1))
        let stride = (taken.count + Self.mostOfChunk - 1) / Self.mostOfChunk
        return stride > 1 ? taken.enumerated().filter { $0.offset % stride == 0 }.map(\.element) : taken
    }

    /// Bytes that were to follow this offset are lost.
    mutating func lose(from offset: Int64) { marks.removeAll { $0.offset > offset } }
}
