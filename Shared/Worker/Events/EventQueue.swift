import Contracts
import FoundationEssentials
import Glibc
import Logging
import Messaging
import Synchronization
import SystemPackage

/// Events that wait to be told, oldest first, in memory and in a file: those that a process ended with are told by the
/// next one. An event may be in the file although it was told, and is told again then, under the same id.
final class EventQueue: Sendable {
    private struct State {
        var waiting: ArraySlice<PreparedMessage> = []
        /// How many lines the file has.
        var lines = 0
        var dropped = 0
        var file: FileDescriptor?
        var pause: Task<Void, any Error>?
        var isEnding = false
    }

    private let limit: Int
    private let path: FilePath?
    private let logger: Logger
    private let state = Mutex(State())
    private let wake = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - path: The file; `nil` keeps them in memory alone.
    ///   - limit: How many wait at most. Of more the oldest are dropped: work goes on, and news of it is worth less the
    ///     older it is.
    init(file path: FilePath?, limit: Int, logger: Logger) {
        self.limit = limit
        self.path = path
        self.logger = logger
        guard let path else { return }
        state.withLock { state in
            do {
                try load(path, into: &state)
                state.file = try Self.open(path)
                rewrite(&state)
            } catch {
                fail(&state, error)
            }
        }
        wake.continuation.yield()
    }

    /// Yields when there may be something to tell; ends with ``end()``.
    var wakes: AsyncStream<Void> { wake.stream }

    var count: Int { state.withLock { $0.waiting.count } }
    var isEnding: Bool { state.withLock { $0.isEnding } }
    var isKept: Bool { state.withLock { $0.file != nil } }
    var first: PreparedMessage? { state.withLock { $0.waiting.first } }

    func add(_ message: PreparedMessage) {
        state.withLock { state in
            state.waiting.append(message)
            if state.waiting.count > limit {
                state.waiting.removeFirst()
                state.dropped += 1
            }
            write(message, &state)
            if state.lines > 2 * limit { rewrite(&state) }
        }
        wake.continuation.yield()
    }

    /// Takes the first away: it was told, or can never be.
    /// - Returns: how many were dropped since the last time, for there were too many.
    func removeFirst(_ message: PreparedMessage) -> Int {
        state.withLock { state in
            // It may have been dropped meanwhile.
            if state.waiting.first == message { state.waiting.removeFirst() }
            if state.waiting.isEmpty || state.lines > 2 * limit { rewrite(&state) }
            defer { state.dropped = 0 }
            return state.dropped
        }
    }

    /// Waits, but no longer than until ``end()``.
    func pause(for time: Duration) async {
        let pause: Task<Void, any Error>? = state.withLock { state in
            guard !state.isEnding else { return nil }
            let pause = Task { try await Task.sleep(for: time) }
            state.pause = pause
            return pause
        }
        _ = await pause?.result
    }

    func end() {
        state.withLock { state in
            state.isEnding = true
            state.pause?.cancel()
        }
        wake.continuation.finish()
    }

    // MARK: - The file

    private func load(_ path: FilePath, into state: inout State) throws {
        guard access(path.string, F_OK) == 0 else { return }
        var broken: [Data] = []
        for line in try Data(contentsOf: URL(filePath: path.string)).split(separator: UInt8(ascii: "\n")) {
            do {
                state.waiting.append(try Wire.decode(PreparedMessage.self, from: line))
            } catch {
                broken.append(line)
            }
            state.lines += 1
        }
        state.waiting = state.waiting.suffix(limit)
        guard !broken.isEmpty else { return }
        // A newer version may have written them, and be put back again.
        let aside = FilePath("\(path).unreadable")
        let file = try Self.open(aside)
        _ = try file.closeAfter { try file.writeAll(broken.reduce(into: Data()) { $0 += $1 + [UInt8(ascii: "\n")] }) }
        logger.warning(
            "events that were kept cannot be read and are set aside",
            metadata: ["path": "\(aside)", "count": "\(broken.count)"])
    }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        try FileDescriptor.open(
            path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
    }

    private func write(_ message: PreparedMessage, _ state: inout State) {
        guard let file = state.file else { return }
        do {
            try file.writeAll(Self.lines([message]))
            state.lines += 1
        } catch {
            fail(&state, error)
        }
    }

    private static func lines(_ messages: some Sequence<PreparedMessage>) throws -> Data {
        var text = Data()
        for message in messages {
            text += try Wire.encode(message)
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    /// Leaves in the file what waits, in the place of all that was there.
    private func rewrite(_ state: inout State) {
        guard let file = state.file, let path, state.lines > 0 else { return }
        do {
            if state.waiting.isEmpty {
                guard ftruncate(file.rawValue, 0) == 0 else { throw Errno(rawValue: errno) }
            } else {
                let other = FilePath("\(path).new")
                unlink(other.string)
                let new = try Self.open(other)
                state.file = new
                try file.close()
                try new.writeAll(Self.lines(state.waiting))
                guard rename(other.string, path.string) == 0 else { throw Errno(rawValue: errno) }
            }
            state.lines = state.waiting.count
        } catch {
            fail(&state, error)
        }
    }

    private func fail(_ state: inout State, _ error: any Error) {
        try? state.file?.close()
        state.file = nil
        logger.error(
            "events that wait cannot be kept in their file, and end with this process",
            metadata: ["path": "\(path, default: "")", "error": "\(error)"])
    }
}
