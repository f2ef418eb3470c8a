import Contracts

/// The log of a step as pieces of a fixed size, cut at line ends: piece `n` has the lines that begin in its bytes. So any
/// part of a log of any size is shown with its line numbers at once, and no page grows without bound.
struct LogChunks: Sendable {
    /// The bytes of one piece.
    static let size: Int64 = 64 << 10

    /// Reads from an offset, some bytes at most: fewer where a log has no more, or as a store may give.
    typealias Read = @Sendable (_ offset: Int64, _ limit: Int) async throws -> [UInt8]

    let run: RunID
    let step: StepView
    let counts: LogLineCounts
    let read: Read

    /// Some of a log, ready for a page.
    struct Rendered: Sendable {
        var html = ""
        /// The pieces before and after, where there are any.
        var earlier: Int?
        var later: Int?
        /// Where the next line begins, in bytes, and its number.
        var end: Int64 = 0
        var nextLine = 1
    }

    /// The number of the last piece.
    private var last: Int { Int(max(0, step.logBytes - 1) / Self.size) }

    /// Two pieces from `first` on; the last two where it is `nil`.
    func render(first: Int?) async throws -> Rendered {
        let from = min(max(0, first ?? last - 1), last)
        let through = min(from + 1, last)
        return try await render(pieces: from...through)
    }

    /// One piece, for a page that has those after it.
    func render(only piece: Int) async throws -> Rendered {
        let piece = min(max(0, piece), last)
        return try await render(pieces: piece...piece)
    }

    /// The piece that has a line.
    func piece(ofLine line: Int) async throws -> Int {
        for piece in stride(from: 1, through: last, by: 1)
        where try await firstLine(ofPiece: piece) > line {
            return piece - 1
        }
        return last
    }

    private func render(pieces: ClosedRange<Int>) async throws -> Rendered {
        var result = Rendered()
        let start = Int64(pieces.lowerBound) * Self.size
        // From the byte before: only if it ends a line, the first byte begins one.
        let readFrom = max(0, start - 1)
        let wanted = Int(Int64(pieces.upperBound + 1) * Self.size - readFrom)
        var bytes = try await read(from: readFrom, count: wanted + LogLines.lineLimit)
        var begin = 0
        if readFrom < start {
            begin = (bytes.firstIndex(of: 0x0A) ?? bytes.count - 1) + 1
        }
        let isLast = pieces.upperBound == last
        if !isLast {
            // Through the end of the line that begins last in these pieces.
            let lineEnd = bytes[min(max(wanted - 1, 0), bytes.count)...].firstIndex(of: 0x0A) ?? bytes.count - 1
            bytes = Array(bytes[..<(lineEnd + 1)])
        }
        var lines = LogLines(first: try await firstLine(ofPiece: pieces.lowerBound))
        let used = lines.render(bytes[min(begin, bytes.count)...], isEnd: !isLast || step.state.isFinal)
        result.html = lines.text
        result.nextLine = lines.next
        result.end = readFrom + Int64(min(begin, bytes.count) + used)
        result.earlier = pieces.lowerBound > 0 ? pieces.lowerBound - 1 : nil
        result.later = isLast ? nil : pieces.upperBound + 1
        return result
    }

    private func firstLine(ofPiece piece: Int) async throws -> Int {
        try await counts.firstLine(ofPiece: piece, of: run, step, read)
    }

    private func read(from offset: Int64, count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try await read(offset + Int64(bytes.count), count - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }
}
