import Contracts

/// How many lines begin before each piece of a log. Logs only grow, so what was counted once is kept.
actor LogLineCounts {
    private struct Key: Hashable {
        let run: RunID
        let step: Int
        let attempt: Int
    }

    private struct Count {
        /// Line breaks in the pieces up to this one.
        var breaks: Int
        /// Whether the last of their bytes is a line break.
        var endsLine: Bool
    }

    private var counts: [Key: [Count]] = [:]
    private var order: [Key] = []
    private let limit: Int

    /// - Parameter limit: of how many logs the counts are kept.
    init(limit: Int = 256) { self.limit = limit }

    /// The number of the first line that begins in a piece, from 1.
    func firstLine(
        ofPiece piece: Int, of run: RunID, _ step: StepView, _ read: LogChunks.Read
    ) async throws -> Int {
        guard piece > 0 else { return 1 }
        let key = Key(run: run, step: step.id, attempt: step.attempt)
        var known = counts[key] ?? []
        while known.count < piece {
            var count = known.last ?? Count(breaks: 0, endsLine: false)
            var offset = Int64(known.count) * LogChunks.size
            let end = offset + LogChunks.size
            while offset < end {
                let bytes = try await read(offset, Int(end - offset))
                guard !bytes.isEmpty else { break }
                count.breaks += bytes.count { $0 == 0x0A }
                count.endsLine = bytes.last == 0x0A
                offset += Int64(bytes.count)
            }
            // A piece that is not full yet will change.
            guard offset == end else { break }
            known.append(count)
        }
        keep(known, for: key)
        guard let last = known.prefix(piece).last else { return 1 }
        return 2 + last.breaks - (last.endsLine ? 1 : 0)
    }

    private func keep(_ known: [Count], for key: Key) {
        if counts.updateValue(known, forKey: key) == nil { order.append(key) }
        if order.count > limit { counts[order.removeFirst()] = nil }
    }
}
