/// One event of `GET /api/v1/runs/{run}/steps/{id}/log?follow=1`: more of a step's log.
public struct LogPiece: Codable, Sendable, Hashable {
    /// In bytes of the step's log.
    public var offset: Int64
    public var text: String

    public init(offset: Int64, text: String) {
        self.offset = offset
        self.text = text
    }
}

/// A moment in a step's log: what begins at this offset was written then, and all up to the next such moment soon after.
public struct LogTime: Codable, Sendable, Hashable {
    /// In bytes of the step's log.
    public var offset: Int64
    public var at: Timestamp

    public init(offset: Int64, at: Timestamp) {
        self.offset = offset
        self.at = at
    }
}

/// `GET /api/v1/runs/{run}/steps/{id}/times?offset=`: when a part of a step's log was written.
public struct LogTimes: Codable, Sendable, Hashable {
    /// In the order of the log; the first one holds for the offset asked for. Empty where nobody noted it.
    public var times: [LogTime]
    /// Up to where they hold, in bytes of the step's log: ask from here for what comes after.
    public var end: Int64

    public init(times: [LogTime], end: Int64) {
        self.times = times
        self.end = end
    }

    /// When the byte at an offset was written, or `nil` where nobody noted it.
    public func time(of offset: Int64) -> Timestamp? {
        // By halves: it is asked for every line of a log.
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : times[low - 1].at
    }
}
