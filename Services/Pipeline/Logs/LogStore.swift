import Contracts
import Glibc
import Runtime
import Threading

/// Writes the logs of steps, each to a file that only grows.
///
/// It has its own thread, so that the disk blocks nobody else. Chunks that wait for it at the same time share one
/// `fdatasync`: an ``append(_:to:at:)`` returns when its bytes are on the disk, and only then its message is acked.
actor LogStore {
    /// Files kept open for writing.
    private static let openLimit = 256

    private struct Waiting {
        var bytes: [UInt8]
        var times: [LogTime]
        var continuation: CheckedContinuation<Bool, any Error>
    }

    /// A stream that is being written. A class, since a dictionary cannot hold what is not copyable.
    private final class Stream {
        var file: LogFile
        /// Chunks that came before the ones they follow, by offset.
        var early: [Int64: [Waiting]] = [:]
        /// Written but not on the disk yet.
        var unsynchronized: [CheckedContinuation<Bool, any Error>] = []
        var lastUse: UInt64 = 0

        init(file: consuming LogFile) { self.file = file }
    }

    nonisolated let directory: String
    private nonisolated let changes: RunChanges
    private nonisolated let floor: DiskFloor?
    private nonisolated let thread = PinnedThread(name: "logs")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private var streams: [LogStreamID: Stream] = [:]
    private var dirty: Set<LogStreamID> = []
    private var newDirectories: Set<String> = []
    private var isFlushScheduled = false
    private var uses: UInt64 = 0

    /// - Parameters:
    ///   - directory: made where it does not exist.
    ///   - floor: what of its disk is left to what cannot wait; logs can, their workers keep them.
    init(directory: String, changes: RunChanges, floor: DiskFloor? = nil) {
        self.directory = directory
        self.floor = floor
        self.changes = changes
    }

    /// Adds a chunk to a stream; one that comes before the chunk it follows waits for that one.
    /// - Parameter times: when its bytes were written.
    /// - Returns: once it is on the disk: `false` where it was there already.
    /// - Throws: `DiskAtFloor` where it has no room for it, ``FileError`` where the disk fails; ``LogGap`` where what is before it did not come in time.
    func append(
        _ bytes: [UInt8], to id: LogStreamID, at offset: Int64, times: [LogTime] = [],
        patience: Duration = .seconds(10)
    ) async throws -> Bool {
        try floor?.check()
        let stream = try stream(id)
        return try await withCheckedThrowingContinuation { continuation in
            take(Waiting(bytes: bytes, times: times, continuation: continuation), at: offset, of: stream, id, patience)
        }
    }

    private func take(
        _ chunk: Waiting, at offset: Int64, of stream: Stream, _ id: LogStreamID, _ patience: Duration
    ) {
        do {
            if offset <= stream.file.size, offset + Int64(chunk.bytes.count) > stream.file.size {
                // Before its bytes: who reads those finds them.
                let times = chunk.times.filter { $0.offset >= stream.file.size }
                try LogTimesFile.append(times, to: "\(directory)/\(id.timesPath)")
            }
            switch try stream.file.append(chunk.bytes, at: offset) {
            case .repeated:
                // It may be of a moment ago and not on the disk yet.
                if dirty.contains(id) {
                    stream.unsynchronized.append(chunk.continuation)
                } else {
                    chunk.continuation.resume(returning: false)
                }
            case .appended:
                stream.unsynchronized.append(chunk.continuation)
                dirty.insert(id)
                scheduleFlush()
                changes.logged(id.run)
                takeEarly(of: stream, id, patience)
            case .gap:
                stream.early[offset, default: []].append(chunk)
                Task { [weak self] in
                    try await Task.sleep(for: patience)
                    await self?.giveUp(offset, of: id)
                }
            }
        } catch {
            chunk.continuation.resume(throwing: error)
        }
    }

    /// Chunks whose turn has come.
    private func takeEarly(of stream: Stream, _ id: LogStreamID, _ patience: Duration) {
        while let offset = stream.early.keys.filter({ $0 <= stream.file.size }).min(),
            let chunks = stream.early.removeValue(forKey: offset)
        {
            for chunk in chunks { take(chunk, at: offset, of: stream, id, patience) }
        }
    }

    private func giveUp(_ offset: Int64, of id: LogStreamID) {
        guard let stream = streams[id], let chunks = stream.early.removeValue(forKey: offset) else { return }
        let gap = LogGap(stream: id, stored: stream.file.size, offset: offset)
        for chunk in chunks { chunk.continuation.resume(throwing: gap) }
    }

    /// Removes the logs of a run that is not kept any more.
    /// - Throws: where the disk fails.
    func remove(_ run: RunID) throws {
        for (id, stream) in streams where id.run == run {
            for continuation in stream.unsynchronized { continuation.resume(returning: true) }
            for chunk in stream.early.values.joined() {
                let gap = LogGap(stream: id, stored: stream.file.size, offset: stream.file.size)
                chunk.continuation.resume(throwing: gap)
            }
            streams[id] = nil
            dirty.remove(id)
        }
        newDirectories.remove("\(directory)/\(LogStreamID.directory(of: run))")
        try folders.remove(run)
    }

    /// How long the files of some runs are, in bytes; of none whose folder cannot be read now.
    func sizes(of runs: [RunID]) -> [RunID: Int64] {
        var sizes: [RunID: Int64] = [:]
        for run in runs { if let size = try? folders.size(of: run) { sizes[run] = size } }
        return sizes
    }

    nonisolated var folders: LogFolders { LogFolders(directory: directory) }

    // MARK: - Files

    private func stream(_ id: LogStreamID) throws -> Stream {
        uses += 1
        if let stream = streams[id] {
            stream.lastUse = uses
            return stream
        }
        closeUnused()
        let folder = "\(directory)/\(id.directory)"
        if access(folder, F_OK) != 0 {
            try makeDirectories(folder)
            newDirectories.insert(folder)
        }
        let stream = Stream(file: try LogFile(path: "\(directory)/\(id.path)"))
        if stream.file.size == 0 { newDirectories.insert(folder) }
        stream.lastUse = uses
        streams[id] = stream
        return stream
    }

    private func makeDirectories(_ path: String) throws(FileError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += made.isEmpty && part.isEmpty ? "/" : (made.isEmpty || made == "/" ? "\(part)" : "/\(part)")
            if made == "/" || made.isEmpty { continue }
            if mkdir(made, 0o700) != 0, errno != EEXIST { throw FileError(path: made, doing: "make directory") }
        }
    }

    private func closeUnused() {
        guard streams.count >= Self.openLimit else { return }
        let idle = streams.filter { !dirty.contains($0.key) && $0.value.early.isEmpty }
        for (id, _) in idle.sorted(by: { $0.value.lastUse < $1.value.lastUse }).prefix(Self.openLimit / 4) {
            streams[id] = nil
        }
    }

    // MARK: - The disk

    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        // Runs after the chunks that are in line already: they go with this flush.
        Task { self.flush() }
    }

    private func flush() {
        isFlushScheduled = false
        let ids = dirty
        dirty = []
        for folder in newDirectories { synchronizeDirectory(folder) }
        newDirectories = []
        for id in ids {
            guard let stream = streams[id] else { continue }
            let waiting = stream.unsynchronized
            stream.unsynchronized = []
            do {
                try stream.file.synchronize()
                for continuation in waiting { continuation.resume(returning: true) }
            } catch {
                for continuation in waiting { continuation.resume(throwing: error) }
            }
        }
    }

    /// A new file's name is on the disk only once its directory is.
    private func synchronizeDirectory(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

/// A chunk whose predecessor did not come.
struct LogGap: Error, Sendable, Equatable, CustomStringConvertible {
    var stream: LogStreamID
    /// How many bytes are stored.
    var stored: Int64
    /// Where the chunk begins.
    var offset: Int64

    var description: String {
        "bytes \(stored) to \(offset) of the log of step \(stream.step) have not arrived yet"
    }
}
