import Crypto
import FoundationEssentials
import Glibc
import Text

/// Reads an archive from its beginning to its end, file by file.
final class ArchiveReader {
    let path: String
    private let descriptor: Int32
    private let length: Int64
    private var place: Int64 = 0
    private var hash = SHA256()
    /// What of the current file is not read yet, and the zeros after it.
    private var left: Int64 = 0
    private var padding = 0

    init(path: String) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(path: path, doing: "open") }
        length = Int64(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    /// A file of the archive.
    struct Entry {
        var name: String
        var size: Int64
        /// How long all before it is, and its digest.
        var bytesBefore: Int64
        var digestBefore: String
    }

    /// Begins anew.
    func rewind() {
        (place, left, padding) = (0, 0, 0)
        hash = SHA256()
    }

    /// The next file; `nil` at the end.
    /// - Throws: ``BackupError`` where the archive ends before it, or is none.
    func next() throws -> Entry? {
        while try !read(upTo: ArchiveWriter.piece).isEmpty {}
        _ = try take(padding)
        let (before, hashBefore) = (place, hash)
        let block = try take(TarHeader.length)
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let header = TarHeader(block) else {
            throw BackupError("\(path) is damaged, or no archive: there is no file at byte \(before)")
        }
        guard header.size >= 0, header.size <= length - place else { throw truncated }
        left = header.size
        padding = TarHeader.padding(after: header.size)
        return Entry(
            name: header.name, size: header.size, bytesBefore: before,
            digestBefore: Hex.encode(hashBefore.finalize()))
    }

    /// Some of what is left of the current file; none at its end.
    func read(upTo count: Int) throws -> [UInt8] {
        let bytes = try take(Int(min(left, Int64(count))))
        left -= Int64(bytes.count)
        return bytes
    }

    /// All of the current file.
    /// - Throws: ``BackupError`` for one that is longer than any such file is.
    func all(limit: Int = 16 << 20) throws -> [UInt8] {
        guard left <= limit else { throw BackupError("\(path) is damaged: a file in it has \(left) bytes") }
        return try read(upTo: limit)
    }

    private func take(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let (start, place) = (filled, self.place)
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: start), count - start, off_t(place))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FileError(path: path, doing: "read") }
            guard got > 0 else { throw truncated }
            filled += got
            self.place += Int64(got)
        }
        hash.update(data: bytes)
        return bytes
    }

    private var truncated: BackupError {
        BackupError(
            "\(path) ends too early, after \(length) bytes: the copy of it is not whole; take it from where it was")
    }
}
