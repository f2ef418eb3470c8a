import Contracts
import Glibc

/// The file beside a stream's with the moments of its bytes: records of 16 bytes, an offset and the milliseconds since
/// 1970, both big-endian, by growing offset. It is a convenience: it is not brought to the disk before a chunk is acked,
/// and what a crash took from it is not there.
enum LogTimesFile {
    static let recordSize = 16
    /// How many it has at most: those of a day of lines without a pause.
    static let limit = 8 << 20

    /// Adds the moments of a chunk that is about to be added to the stream.
    static func append(_ times: [LogTime], to path: String) throws(FileError) {
        guard let first = times.first else { return }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "open") }
        defer { close(descriptor) }
        // A crash may have left half a record, or moments of bytes that did not reach the disk and come again.
        var count = try self.count(descriptor, path)
        while count > 0, let last = try read(1, at: count - 1, descriptor, path).first, last.offset >= first.offset {
            count -= 1
        }
        let records = times.prefix(max(0, limit - count)).flatMap {
            bytes(of: UInt64(bitPattern: $0.offset)) + bytes(of: UInt64(bitPattern: $0.at.milliseconds))
        }
        var written = 0
        while written < records.count {
            let start = written
            let more = records.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start,
                    off_t(count * recordSize + start))
            }
            if more < 0 {
                if errno == EINTR { continue }
                throw FileError(path: path, doing: "write")
            }
            written += more
        }
        guard ftruncate(descriptor, off_t(count * recordSize + written)) == 0 else {
            throw FileError(path: path, doing: "truncate")
        }
    }

    /// The moments from the one that holds for an offset on; none where nobody noted it.
    static func read(_ path: String, from offset: Int64, limit: Int) throws(FileError) -> [LogTime] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return [] }
            throw FileError(path: path, doing: "open")
        }
        defer { close(descriptor) }
        // The first record after the offset, by halves; the one before it holds.
        var (low, high) = (0, try count(descriptor, path))
        while low < high {
            let middle = (low + high) / 2
            guard let record = try read(1, at: middle, descriptor, path).first else { return [] }
            if record.offset <= offset { low = middle + 1 } else { high = middle }
        }
        return try read(limit, at: max(0, low - 1), descriptor, path)
    }

    private static func count(_ descriptor: Int32, _ path: String) throws(FileError) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw FileError(path: path, doing: "inspect") }
        return Int(end) / recordSize
    }

    private static func read(
        _ count: Int, at place: Int, _ descriptor: Int32, _ path: String
    ) throws(FileError) -> [LogTime] {
        var buffer = [UInt8](repeating: 0, count: count * recordSize)
        var length = -1
        repeat {
            length = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(place * recordSize))
            }
        } while length < 0 && errno == EINTR
        guard length >= 0 else { throw FileError(path: path, doing: "read") }
        return (0..<length / recordSize).map { record in
            let start = record * recordSize
            return LogTime(
                offset: Int64(bitPattern: number(buffer[start..<start + 8])),
                at: Timestamp(milliseconds: Int64(bitPattern: number(buffer[start + 8..<start + 16]))))
        }
    }

    private static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
