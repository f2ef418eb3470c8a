import SystemPackage

/// The part of a log that waits to be sent: in memory while it is short, in a file when the broker is slow or away,
/// so that neither the step stops nor the worker's memory grows.
///
/// The file has no name as soon as it is open: whatever becomes of the worker, it leaves nothing behind.
struct LogBacklog {
    /// How many bytes are kept in memory.
    let memoryLimit: Int
    private let directory: FilePath?
    private var memory: [UInt8] = []
    private var head = 0
    private var file: FileDescriptor?
    /// What of the file was read and written, in bytes from its start.
    private var readPosition: Int64 = 0
    private var writePosition: Int64 = 0

    /// - Parameter directory: Where the file is made when it is needed; `nil` to keep to memory.
    init(memoryLimit: Int, directory: FilePath?) {
        self.memoryLimit = memoryLimit
        self.directory = directory
    }

    var count: Int { memory.count - head + Int(writePosition - readPosition) }

    /// Whether a part of it is in the file.
    var isSpooled: Bool { writePosition > readPosition }

    /// Takes as many of the bytes as fit and says how many: fewer than there are only where there is no file to hold
    /// the rest.
    /// - Throws: `Errno` if the file cannot be made or written; the bytes are then not taken.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        if !isSpooled, memory.count - head + bytes.count <= memoryLimit {
            memory.append(contentsOf: bytes)
            return bytes.count
        }
        guard let file = try openFile() else {
            let room = max(0, memoryLimit - (memory.count - head))
            memory.append(contentsOf: bytes.prefix(room))
            return min(room, bytes.count)
        }
        do {
            let written = try bytes.withUnsafeBytes { try file.write(toAbsoluteOffset: writePosition, $0) }
            writePosition += Int64(written)
            return written
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    /// The front of the backlog, `limit` bytes or all of it.
    mutating func front(_ limit: Int) throws(Errno) -> ArraySlice<UInt8> {
        if memory.count - head < limit, isSpooled { try refill() }
        return memory[head...].prefix(limit)
    }

    /// Drops bytes from the front that ``front(_:)`` has shown.
    mutating func remove(_ count: Int) {
        head += count
        if head == memory.count {
            memory.removeAll(keepingCapacity: memory.count <= memoryLimit)
            head = 0
        } else if head > memoryLimit / 2 {
            memory.removeFirst(head)
            head = 0
        }
    }

    /// Gives up what is in the file, and says how many bytes that were.
    mutating func abandonSpool() -> Int {
        let lost = Int(writePosition - readPosition)
        readPosition = 0
        writePosition = 0
        return lost
    }

    /// Gives the file back. The backlog is empty afterwards.
    mutating func close() throws(Errno) {
        memory = []
        head = 0
        readPosition = 0
        writePosition = 0
        guard let file else { return }
        self.file = nil
        do {
            try file.close()
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    private mutating func openFile() throws(Errno) -> FileDescriptor? {
        if let file { return file }
        guard let directory else { return nil }
        let path = directory.appending("log-\(UInt64.random(in: .min ... .max))")
        do {
            let opened = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
            file = opened
            try Self.unlink(path)
            return opened
        } catch {
            throw error as? Errno ?? .ioError
        }
    }

    private mutating func refill() throws(Errno) {
        guard let file else { return }
        if head > 0 {
            memory.removeFirst(head)
            head = 0
        }
        let wanted = min(Int(writePosition - readPosition), memoryLimit - memory.count)
        guard wanted > 0 else { return }
        do {
            let position = readPosition
            let piece = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                count = try file.read(fromAbsoluteOffset: position, into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard !piece.isEmpty else { throw Errno.ioError }
            memory.append(contentsOf: piece)
            readPosition += Int64(piece.count)
            if readPosition == writePosition {
                // All of it is in memory again: the disk is given back.
                readPosition = 0
                writePosition = 0
                try file.resize(to: 0, retryOnInterrupt: true)
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }
}
