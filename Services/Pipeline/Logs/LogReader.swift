import Contracts
import Glibc
import Text
import Threading

/// Reads the logs of steps, on its own thread: a read never waits for the writer's disk flush.
actor LogReader {
    private nonisolated let directory: String
    private nonisolated let thread = PinnedThread(name: "log reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(directory: String) {
        self.directory = directory
    }

    /// How many bytes are stored; 0 for a stream that has none.
    func size(_ id: LogStreamID) -> Int64 {
        let descriptor = open("\(directory)/\(id.path)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        return max(0, Int64(lseek(descriptor, 0, SEEK_END)))
    }

    func sizes(_ ids: [LogStreamID]) -> [LogStreamID: Int64] {
        var sizes: [LogStreamID: Int64] = [:]
        for id in ids { sizes[id] = size(id) }
        return sizes
    }

    /// The bytes from `offset`, `limit` at most; none where there is nothing more. A cut never parts a character,
    /// unless the bytes are no UTF-8.
    func read(_ id: LogStreamID, from offset: Int64, limit: Int = 64 << 10) throws(FileError) -> [UInt8] {
        let path = "\(directory)/\(id.path)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw FileError(path: path, doing: "open")
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, limit, off_t(offset)) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path: path, doing: "read")
            }
            buffer.removeSubrange(count...)
            break
        }
        if buffer.count == limit { buffer.removeLast(UTF8Boundary.incompleteSuffix(of: buffer)) }
        return buffer
    }

    /// When the bytes from an offset on were written, `limit` moments at most.
    func times(_ id: LogStreamID, from offset: Int64, limit: Int = 2_000) throws(FileError) -> LogTimes {
        let stored = size(id)
        let times = try LogTimesFile.read("\(directory)/\(id.timesPath)", from: offset, limit: limit + 1)
        guard times.count > limit, let next = times.last else { return LogTimes(times: times, end: stored) }
        return LogTimes(times: times.dropLast(), end: min(next.offset, stored))
    }
}
