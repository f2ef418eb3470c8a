import CCurl
import Glibc
import Logging
import Threading

/// Owns libcurl's multi handle on its own thread and drives all transfers.
///
/// libcurl tells which sockets it waits for and when it wants to be called; the thread waits for just that between the
/// jobs of this actor. Nothing here blocks.
actor TransferLoop {
    typealias Head = ResponseHeadParser.Head

    nonisolated let thread: PinnedThread
    private let configuration: HTTPClient.Configuration
    private let logger: Logger
    /// `nil` before libcurl could start and after the shutdown.
    private var multi: MultiHandle?
    private var isShutDown = false
    private var isPipeSignalMasked = false
    /// All transfers whose reader is still there.
    private var transfers: [UInt64: Transfer] = [:]
    /// The identifiers of those libcurl works on.
    private var running: [OpaquePointer: UInt64] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(configuration: HTTPClient.Configuration, logger: Logger) {
        thread = PinnedThread(name: "http")
        self.configuration = configuration
        self.logger = logger
        multi = MultiHandle(configuration)
    }

    // MARK: What callers ask for

    /// Starts a transfer and waits for the head of its answer.
    func start(_ id: UInt64, _ request: HTTPRequest, _ address: Address) async -> Result<Head, HTTPClientError> {
        maskPipeSignal()
        if isShutDown { return .failure(HTTPClientError(.shutDown, "the HTTP client was shut down")) }
        guard let multi,
            let transfer = Transfer(id: id, request: request, server: address.server, configuration: configuration)
        else { return .failure(HTTPClientError(.other, "libcurl cannot start")) }
        // The cancellation may have been told before the transfer was there to be stopped.
        if Task.isCancelled { return .failure(transfer.error(.cancelled, "cancelled")) }
        do {
            try transfer.configure(configuration, address: address)
        } catch {
            return .failure(error)
        }
        transfers[id] = transfer
        running[transfer.easy] = id
        let code = multi.add(transfer.easy)
        guard code == CURLM_OK else {
            transfers[id] = nil
            running[transfer.easy] = nil
            return .failure(transfer.error(.other, String(cString: curl_multi_strerror(code))))
        }
        if case .stream(_, let stream) = request.body {
            transfer.uploadTask = Task { await self.pump(stream, into: id) }
        }
        let result = await withCheckedContinuation { continuation in
            transfer.headWaiter = continuation
            drive()
        }
        if case .failure = result { drop(id, .cancelled, "stopped") }
        return result
    }

    /// The next bytes of an answer's body; `nil` at its end.
    nonisolated func next(of id: UInt64) async throws(HTTPClientError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await receive(id)
        } onCancel: {
            cancel(id)
        }
        return try result.get()
    }

    /// The task that waits was cancelled: stops the transfer.
    nonisolated func cancel(_ id: UInt64) {
        Task { await drop(id, .cancelled, "cancelled") }
    }

    /// Nobody reads the answer any more.
    nonisolated func abandon(_ id: UInt64) {
        Task { await drop(id, .cancelled, "its body was let go of") }
    }

    /// Stops everything and closes all connections.
    func shutdown() {
        isShutDown = true
        for id in transfers.keys { drop(id, .shutDown, "the HTTP client was shut down") }
        multi = nil
        thread.watch([], deadline: nil)
    }

    /// Nobody holds the client or one of its bodies any more: ends the thread as well.
    nonisolated func close() {
        Task {
            await shutdown()
            thread.shutdown()
        }
    }

    // MARK: Bodies

    private func receive(_ id: UInt64) async -> Result<[UInt8]?, HTTPClientError> {
        guard let transfer = transfers[id] else {
            return isShutDown
                ? .failure(HTTPClientError(.shutDown, "the HTTP client was shut down"))
                : Task.isCancelled ? .failure(HTTPClientError(.cancelled, "the transfer was cancelled")) : .success(nil)
        }
        if Task.isCancelled {
            drop(id, .cancelled, "cancelled")
            return .failure(transfer.error(.cancelled, "cancelled"))
        }
        guard transfer.bodyWaiter == nil else {
            return .failure(transfer.error(.invalidRequest, "two tasks read the same body"))
        }
        if let outcome = transfer.takeReceived() {
            unpause(transfer, receiving: true)
            return outcome
        }
        return await withCheckedContinuation { continuation in
            transfer.bodyWaiter = continuation
            unpause(transfer, receiving: true)
        }
    }

    /// Carries a request's body from its stream to libcurl, no faster than the server takes it.
    private func pump(_ stream: any AsyncSequence<[UInt8], any Error> & Sendable, into id: UInt64) async {
        do {
            for try await piece in stream where !piece.isEmpty {
                guard await give(piece, to: id) else { return }
            }
            guard let transfer = transfers[id], transfer.result == nil else { return }
            transfer.upload?.end()
            unpause(transfer, sending: true)
        } catch {
            guard let transfer = transfers[id], transfer.result == nil else { return }
            fail(transfer, transfer.error(.requestBody, "the stream of the request's body failed", cause: error))
        }
    }

    /// - Returns: `false` if the transfer is over, so that no more is wanted.
    private func give(_ piece: [UInt8], to id: UInt64) async -> Bool {
        guard let transfer = transfers[id], transfer.result == nil else { return false }
        guard transfer.upload?.give(piece) == true else {
            fail(transfer, transfer.error(.requestBody, "the stream of the request's body gives more than it promised"))
            return false
        }
        guard transfer.upload?.isFull == true else {
            unpause(transfer, sending: true)
            return true
        }
        return await withCheckedContinuation { continuation in
            transfer.uploadWaiter = continuation
            unpause(transfer, sending: true)
        }
    }

    private func unpause(_ transfer: Transfer, receiving: Bool = false, sending: Bool = false) {
        let receives = receiving && transfer.receivingIsPaused
        let sends = sending && transfer.sendingIsPaused
        guard receives || sends, transfer.result == nil else { return }
        if receives { transfer.receivingIsPaused = false }
        if sends { transfer.sendingIsPaused = false }
        transfer.lastActivity = .now
        var mask = CURLPAUSE_CONT
        if transfer.receivingIsPaused { mask |= CURLPAUSE_RECV }
        if transfer.sendingIsPaused { mask |= CURLPAUSE_SEND }
        // libcurl hands over what it kept right in this call.
        curl_easy_pause(transfer.easy, mask)
        drive()
    }

    // MARK: Ends

    private func fail(_ transfer: Transfer, _ error: HTTPClientError) {
        if running.removeValue(forKey: transfer.easy) != nil { multi?.remove(transfer.easy) }
        transfer.finish(.failure(error))
        settle()
    }

    /// Stops a transfer, if it still runs, and forgets it.
    private func drop(_ id: UInt64, _ code: HTTPClientError.Code, _ words: String) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        if running.removeValue(forKey: transfer.easy) != nil { multi?.remove(transfer.easy) }
        transfer.received = []
        transfer.finish(.failure(transfer.error(code, words)))
        settle()
    }

    // MARK: Driving libcurl

    /// A peer that hangs up while TLS writes would raise SIGPIPE, whose default ends the process: a program that does not
    /// ignore it is safe all the same, since the signal goes to the thread that writes.
    private func maskPipeSignal() {
        guard !isPipeSignalMasked else { return }
        isPipeSignalMasked = true
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private func drive() {
        multi?.actOnTime()
        settle()
    }

    private func ready(_ descriptors: [Descriptor]) {
        guard let multi else { return }
        for descriptor in descriptors {
            var mask: Int32 = 0
            if descriptor.events.contains(.readable) { mask |= CURL_CSELECT_IN }
            if descriptor.events.contains(.writable) { mask |= CURL_CSELECT_OUT }
            if descriptor.events.contains(.failed) { mask |= CURL_CSELECT_ERR }
            multi.act(descriptor.fileDescriptor, mask)
        }
        let now = ContinuousClock.now
        if let deadline = multi.deadline, deadline <= now { multi.actOnTime() }
        for id in running.values {
            if let transfer = transfers[id], let deadline = transfer.idleDeadline, deadline <= now {
                let idle = transfer.request.idleTimeout ?? .zero
                fail(transfer, transfer.error(.idleTimedOut, "nothing moved for \(idle)"))
            }
        }
        settle()
    }

    /// Takes what has ended from libcurl and tells the thread what to wait for.
    private func settle() {
        guard let multi else { return }
        while let (easy, code) = multi.nextEnded() {
            guard let id = running.removeValue(forKey: easy) else { continue }
            multi.remove(easy)
            guard let transfer = transfers[id] else { continue }
            transfer.finish(transfer.outcome(code))
        }
        var deadline = multi.deadline
        for id in running.values {
            guard let idle = transfers[id]?.idleDeadline else { continue }
            deadline = deadline.map { min($0, idle) } ?? idle
        }
        let descriptors = multi.sockets.map { socket, what in
            var events: Descriptor.Events = []
            if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events.insert(.readable) }
            if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events.insert(.writable) }
            return Descriptor(socket, events)
        }
        thread.watch(descriptors, deadline: deadline) { [weak self] descriptors in
            self?.assumeIsolated { $0.ready(descriptors) }
        }
    }
}
