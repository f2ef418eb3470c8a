public import Contracts
public import Logging
public import Secrets
public import SystemPackage
import Text

/// Ships the log of one step: any bytes go in, chunks of valid UTF-8 with masked secrets come out, in order, each
/// confirmed, while the step runs on however slow the broker is.
///
/// ``run()`` does the sending and belongs in a task beside the step; ``finish()`` tells how long the log is once all
/// of it has arrived. Both end when their task is cancelled.
public actor LogShipper: StepLog {
    /// What the log belongs to.
    public struct Identity: Sendable, Hashable {
        public var job: JobID
        public var run: RunID
        public var attempt: Int
        public var step: String
        /// The grant's.
        public var token: String?

        public init(job: JobID, run: RunID, attempt: Int, step: String, token: String? = nil) {
            self.job = job
            self.run = run
            self.attempt = attempt
            self.step = step
            self.token = token
        }
    }

    /// Sizes are in bytes.
    public struct Configuration: Sendable {
        /// The longest chunk.
        public var chunk = 256 * 1024
        /// How much waits in memory before the file is used.
        public var memory = 1024 * 1024
        /// How many chunks are sent without waiting for the confirm of the first. With more than one the reader may
        /// get them out of order.
        public var window = 4
        /// Where the file goes; without it a slow broker slows the step down.
        public var spool: FilePath?
        /// The pause after the first rejection; it doubles up to `longestBackoff`.
        public var backoff: Duration = .milliseconds(100)
        public var longestBackoff: Duration = .seconds(5)
        /// How much of what the step prints is kept, most of it of the beginning, the rest of the end; `nil` for all of it.
        /// The worker's own lines come on top.
        public var limit: Int64?
        /// How much of that is of the end.
        var tail: Int { Int(min(256 * 1024, (limit ?? 0) / 4)) }

        public init(spool: FilePath? = nil) {
            self.spool = spool
        }
    }

    private let identity: Identity
    private let sink: any LogSink
    private let configuration: Configuration
    private let logger: Logger
    private var mask: LogMask
    private var repair = TextRepair()
    private var pacing = LogPacing()
    private var marks = LogMarks()
    private var backlog: LogBacklog
    private var window: LogWindow
    /// The length of the log so far.
    private var produced: Int64 = 0
    /// Where the next chunk begins.
    private var cutOffset: Int64 = 0
    private var ended = false
    private var stopped = false
    /// Whether something was written that nobody could send any more.
    private var isCutShort = false
    private var rejections = 0
    /// Why a piece of the log will never be taken, which is missing in it then.
    private(set) var refusal: String?
    private var saidSpoolIsBroken = false
    private var timer: ContinuousClock.Instant?
    /// What comes once the step has printed more than is kept of the beginning.
    private var tail: LogTail?
    /// Whether what is kept of the beginning ends within a line.
    private var isOpenLine = false
    /// Whether the log says that something is missing.
    private var saysCut = false
    /// Whether the last byte written ended a line.
    private var isAtLineStart = true
    private var isWriting = false
    /// Writers, in the order they came; see ``takeTurn()``.
    private var waitingForTurn: [CheckedContinuation<Void, Never>] = []
    private var waitingForRoom: CheckedContinuation<Void, Never>?
    private var waitingForEnd: [AsyncStream<Never>.Continuation] = []
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    public init(
        _ identity: Identity, mask: LogMask, sink: any LogSink, configuration: Configuration = Configuration(),
        logger: Logger
    ) {
        self.identity = identity
        self.mask = mask
        self.sink = sink
        self.configuration = configuration
        self.logger = logger
        self.backlog = LogBacklog(memoryLimit: configuration.memory, directory: configuration.spool)
        self.window = LogWindow(capacity: configuration.window)
        self.pacing.size = configuration.chunk
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    public func write(_ bytes: [UInt8]) async {
        await takeTurn()
        await put(bytes)
        giveTurn()
    }

    /// Appends a line of the worker's own; one that the step left open is ended first.
    public func line(_ text: String) async {
        await takeTurn()
        await put(Array("\(isAtLineStart ? "" : "\n")\(text)\n".utf8), isOwn: true)
        giveTurn()
    }

    /// Ends the log and waits until every chunk of it is confirmed.
    /// - Returns: The length of the log in bytes.
    /// - Throws: `CancellationError` if the sending or the waiting was cancelled before.
    public func finish() async throws -> Int64 {
        await takeTurn()
        if !ended {
            let rest = repair.feed(mask.finish()) + repair.finish()
            await append(within(rest))
            if var tail {
                let end = tail.finish()
                await append(tail.dropped > 0 ? cut() + "— \(tail.dropped) bytes are not kept —\n" + end : end)
            }
            ended = true
            wake.yield()
        }
        giveTurn()
        while !isDelivered, !stopped, !Task.isCancelled {
            let (delivered, continuation) = AsyncStream.makeStream(of: Never.self)
            waitingForEnd.append(continuation)
            for await _ in delivered {}
        }
        guard isDelivered else { throw CancellationError() }
        return produced
    }

    /// Sends until the log has ended and is confirmed, or the task is cancelled.
    public func run() async {
        await withDiscardingTaskGroup { group in
            // The stream ends on cancellation.
            for await _ in wakeups {
                if ended, isDelivered { break }
                pump(&group)
            }
            group.cancelAll()
        }
        stop()
    }

    /// Ends a log that nobody sends, or sends any more: who waits for it goes on.
    func stop() {
        stopped = true
        do {
            try backlog.close()
        } catch {
            logger.warning("closing the log's spool failed", metadata: metadata(error))
        }
        roomIsThere()
        Self.resumeAll(&waitingForEnd)
    }

    private var isDelivered: Bool {
        ended && !isCutShort && backlog.count == 0 && window.isEmpty && cutOffset == produced
    }

    private func put(_ bytes: [UInt8], isOwn: Bool = false) async {
        guard !ended, let last = bytes.last else { return }
        isAtLineStart = last == UInt8(ascii: "\n")
        let text = repair.feed(mask.mask(bytes))
        await append(isOwn && tail == nil ? text : within(text))
    }

    /// As much of the text as the beginning of the log may have more, and a line that says so where that is not all.
    private func within(_ text: String) -> String {
        guard let limit = configuration.limit else { return text }
        if tail != nil {
            tail?.append(text.utf8)
            return tail?.dropped == 0 ? "" : cut()
        }
        let head = limit - Int64(configuration.tail)
        guard produced + Int64(text.utf8.count) > head else { return text }
        let bytes = text.utf8.prefix(Int(max(0, head - produced)))
        let kept = String(decoding: bytes.dropLast(UTF8Boundary.incompleteSuffix(of: bytes)), as: UTF8.self)
        // With what is left of a character that was cut.
        var tail = LogTail(limit: configuration.tail + 3)
        tail.append(text.utf8.dropFirst(kept.utf8.count))
        self.tail = tail
        isOpenLine = !kept.isEmpty && !kept.hasSuffix("\n")
        return tail.dropped == 0 ? kept : kept + cut()
    }

    /// A line that says, once, that what follows is not all.
    private func cut() -> String {
        guard !saysCut else { return "" }
        saysCut = true
        return (isOpenLine ? "\n" : "")
            + "— the step prints more than is kept (SLIPWAY_STEP_LOG_LIMIT of pipeline): the end follows when it has ended —\n"
    }

    /// Appends what is seen of the log. It counts as produced with the byte that is kept, never before: what is counted
    /// and not kept, nobody could deliver, and the step's end would wait for it.
    private func append(_ text: String) async {
        var text = text
        var rest = text.withUTF8 { ArraySlice($0) }
        while !rest.isEmpty, !stopped {
            let taken = keep(rest)
            rest = rest.dropFirst(taken)
            // Neither memory nor disk: the step waits rather than losing what it says. Also in a cancelled task: the room
            // comes with the next chunk that is sent, or with the end of the sending.
            if !rest.isEmpty, taken == 0 { await withCheckedContinuation { waitingForRoom = $0 } }
        }
        if !rest.isEmpty { isCutShort = true }
    }

    /// Takes as many of the bytes as there is room for.
    private func keep(_ bytes: ArraySlice<UInt8>) -> Int {
        do {
            let taken = try backlog.append(bytes)
            if taken > 0 {
                marks.arrived(at: produced, .now)
                produced += Int64(taken)
                pacing.arrived(at: .now)
                wake.yield()
            }
            return taken
        } catch {
            sayOnce(error)
            return 0
        }
    }

    /// Waits until no other writer is under way: one that waits for room keeps its place, and what it began is not torn
    /// by another's.
    private func takeTurn() async {
        if isWriting { return await withCheckedContinuation { waitingForTurn.append($0) } }
        isWriting = true
    }

    private func giveTurn() {
        guard !waitingForTurn.isEmpty else {
            isWriting = false
            return
        }
        waitingForTurn.removeFirst().resume()
    }

    private func roomIsThere() {
        waitingForRoom?.resume()
        waitingForRoom = nil
    }

    private func pump(_ group: inout DiscardingTaskGroup) {
        if window.isSettled { return }
        let now = ContinuousClock.now
        cutting: while window.hasRoom {
            switch pacing.due(pending: backlog.count, ended: ended, now: now) {
            case .never: break cutting
            case .at(let moment):
                startTimer(until: moment, &group)
                break cutting
            case .now:
                guard cut(at: now) else { break cutting }
            }
        }
        while let entry = window.next() {
            let chunk = LogChunk(
                job: identity.job, run: identity.run, attempt: identity.attempt, step: identity.step,
                offset: entry.offset, text: entry.text, times: entry.times.isEmpty ? nil : entry.times,
                token: identity.token)
            group.addTask { await self.send(chunk) }
        }
    }

    private func cut(at now: ContinuousClock.Instant) -> Bool {
        do {
            let front = try backlog.front(configuration.chunk + 1)
            let length = LogCut.length(of: front, limit: configuration.chunk)
            let times = marks.take(from: cutOffset, to: cutOffset + Int64(length))
            window.add(
                .init(offset: cutOffset, text: String(decoding: front.prefix(length), as: UTF8.self), times: times))
            backlog.remove(length)
            cutOffset += Int64(length)
            pacing.cut(at: now, pending: backlog.count)
            roomIsThere()
            return true
        } catch {
            // The file cannot be read back. What it held is lost: say so in its place rather than end without a word.
            sayOnce(error)
            let lost = backlog.abandonSpool()
            produced -= Int64(lost)
            marks.lose(from: produced)
            _ = keep(ArraySlice("[\(lost) bytes of this log were lost: \(error)]\n".utf8))
            return backlog.count > 0
        }
    }

    private func send(_ chunk: LogChunk) async {
        do {
            try await sink.publish(chunk)
            rejections = 0
            window.confirmed(chunk.offset)
        } catch let failure as JobFailure {
            // Sent again it would keep the step's end, and the slot, for ever.
            refusal = refusal ?? failure.reason
            logger.error("a piece of a log is lost", metadata: metadata(failure))
            window.confirmed(chunk.offset)
        } catch {
            window.rejected(chunk.offset)
            logger.debug("log chunk not taken, sending it again", metadata: metadata(error))
        }
        if window.isSettled {
            await backOff()
            window.resume()
        }
        if isDelivered { Self.resumeAll(&waitingForEnd) }
        wake.yield()
    }

    private func backOff() async {
        let pause = min(configuration.backoff * (1 << min(rejections, 16)), configuration.longestBackoff)
        rejections += 1
        do {
            try await Task.sleep(for: pause)
        } catch {
            // Cancelled: run() ends and nothing is sent any more.
        }
    }

    private func startTimer(until moment: ContinuousClock.Instant, _ group: inout DiscardingTaskGroup) {
        if let timer, timer <= moment { return }
        timer = moment
        group.addTask {
            do {
                try await Task.sleep(until: moment, clock: .continuous)
            } catch {
                return
            }
            await self.timerFired(moment)
        }
    }

    private func timerFired(_ moment: ContinuousClock.Instant) {
        if timer == moment { timer = nil }
        wake.yield()
    }

    private func sayOnce(_ error: Errno) {
        guard !saidSpoolIsBroken else { return }
        saidSpoolIsBroken = true
        logger.error("the log's spool cannot be used; the step waits for the broker", metadata: metadata(error))
    }

    private func metadata(_ error: any Error) -> Logger.Metadata {
        [
            "run": "\(identity.run)", "job": "\(identity.job)", "attempt": "\(identity.attempt)",
            "step": "\(identity.step)", "error": "\(error)",
        ]
    }

    private static func resumeAll(_ waiters: inout [AsyncStream<Never>.Continuation]) {
        for waiter in waiters { waiter.finish() }
        waiters = []
    }
}
