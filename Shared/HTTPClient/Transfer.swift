import CCurl

/// One request on its way: its libcurl handle and what stands between libcurl's callbacks and the tasks that wait.
///
/// It belongs to the ``TransferLoop`` that made it and is touched on that loop's thread only, by the loop and by the
/// callbacks libcurl makes from within the loop's own calls.
final class Transfer {
    typealias Head = ResponseHeadParser.Head

    let id: UInt64
    let easy: OpaquePointer
    let request: HTTPRequest
    let server: String
    let bufferBytes: Int
    let startedAt: ContinuousClock.Instant

    var head: ResponseHeadParser
    var headWaiter: CheckedContinuation<Result<Head, HTTPClientError>, Never>?

    /// What was received and not read yet.
    var received: [UInt8] = []
    var receivedTotal: Int64 = 0
    var bodyWaiter: CheckedContinuation<Result<[UInt8]?, HTTPClientError>, Never>?

    var upload: UploadBuffer?
    var uploadWaiter: CheckedContinuation<Bool, Never>?
    var uploadTask: Task<Void, Never>?

    /// Set while libcurl was told to wait for the reader of the answer.
    var receivingIsPaused = false
    /// Set while libcurl was told to wait for the stream of the request's body.
    var sendingIsPaused = false
    var lastActivity: ContinuousClock.Instant
    /// Why a callback stopped the transfer; more exact than libcurl's own code for it.
    var failure: HTTPClientError?
    /// How it ended; `nil` while it runs.
    var result: Result<Void, HTTPClientError>?
    /// libcurl writes its own words on a failure here.
    let words: UnsafeMutablePointer<CChar>
    /// Lists given to libcurl, which keeps pointers to them.
    var lists: [UnsafeMutablePointer<curl_slist>] = []

    /// - Returns: `nil` where there is no memory for another handle.
    init?(id: UInt64, request: HTTPRequest, server: String, configuration: HTTPClient.Configuration) {
        guard let easy = curl_easy_init() else { return nil }
        self.id = id
        self.easy = easy
        self.request = request
        self.server = server
        bufferBytes = configuration.bufferBytes
        head = ResponseHeadParser(
            followsRedirects: request.redirects > 0, limit: configuration.maximumHeaderBytes)
        let now = ContinuousClock.now
        startedAt = now
        lastActivity = now
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        switch request.body {
        case .none: break
        case .bytes(let bytes): upload = UploadBuffer(whole: bytes)
        case .stream(let length, _): upload = UploadBuffer(length: length, limit: configuration.bufferBytes)
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        for list in lists { curl_slist_free_all(list) }
        words.deallocate()
    }

    /// The moment after which ``HTTPRequest/idleTimeout`` is used up, or `nil` while nothing can move because this side
    /// holds it up.
    var idleDeadline: ContinuousClock.Instant? {
        guard let idle = request.idleTimeout, result == nil, !receivingIsPaused, !sendingIsPaused else { return nil }
        return lastActivity + idle
    }

    /// Ends the transfer for all who wait. What was received can still be read where it ended well.
    func finish(_ result: Result<Void, HTTPClientError>) {
        guard self.result == nil else { return }
        self.result = result
        uploadTask?.cancel()
        resumeUpload(false)
        if let waiter = headWaiter {
            headWaiter = nil
            switch result {
            case .success: waiter.resume(returning: .failure(error(.protocolViolation, "the answer has no head")))
            case .failure(let error): waiter.resume(returning: .failure(error))
            }
        }
        if let waiter = bodyWaiter, let outcome = takeReceived() {
            bodyWaiter = nil
            waiter.resume(returning: outcome)
        }
    }

    /// The next bytes for the reader, or `nil` if they have to be waited for. Bytes come before a failure.
    func takeReceived() -> Result<[UInt8]?, HTTPClientError>? {
        if !received.isEmpty {
            let bytes = received
            received = []
            return .success(bytes)
        }
        switch result {
        case nil: return nil
        case .success: return .success(nil)
        case .failure(let error): return .failure(error)
        }
    }

    func resumeUpload(_ goesOn: Bool) {
        uploadWaiter?.resume(returning: goesOn)
        uploadWaiter = nil
    }

    func error(_ code: HTTPClientError.Code, _ words: String, cause: (any Error)? = nil) -> HTTPClientError {
        HTTPClientError(code, "\(request.method) \(server): \(words)", cause: cause)
    }
}
