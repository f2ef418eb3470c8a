import CCurl

/// What libcurl calls while the loop drives it. Each answers with a number that libcurl knows.
extension Transfer {
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        lastActivity = .now
        switch head.take(line) {
        case .more: return line.count
        case .complete(let head):
            headWaiter?.resume(returning: .success(head))
            headWaiter = nil
            return line.count
        case .tooLarge:
            failure = error(.tooLarge, "the answer's headers are larger than \(head.limit) bytes")
        case .malformed:
            failure = error(.protocolViolation, "the answer is not HTTP")
        }
        return 0
    }

    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if received.count >= bufferBytes {
            receivingIsPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        lastActivity = .now
        receivedTotal += Int64(bytes.count)
        if let limit = request.maximumBodyBytes, receivedTotal > limit {
            failure = error(.tooLarge, "the answer is larger than \(limit) bytes")
            return 0
        }
        received += bytes
        if let waiter = bodyWaiter, let outcome = takeReceived() {
            bodyWaiter = nil
            waiter.resume(returning: outcome)
        }
        return bytes.count
    }

    func send(into target: UnsafeMutableRawBufferPointer) -> Int {
        guard let piece = upload?.take(into: target) else { return 0 }
        switch piece {
        case .copied(let count):
            lastActivity = .now
            if upload?.isFull == false { resumeUpload(true) }
            return count
        case .starved:
            sendingIsPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .end: return 0
        case .short:
            failure = error(.requestBody, "the stream of the request's body ended before the length it promised")
            return Int(CURL_READFUNC_ABORT)
        }
    }

    func seek(to offset: Int64) -> Int32 {
        upload?.seek(to: offset) == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
    }
}

extension Transfer {
    /// Has libcurl call this transfer. The loop keeps the transfer alive for as long as the handle is in use.
    func installCallbacks() -> CURLcode {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let codes = [
            slipway_curl_set_callback(
                easy, CURLOPT_HEADERFUNCTION,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }, CURLOPT_HEADERDATA, context),
            slipway_curl_set_callback(
                easy, CURLOPT_WRITEFUNCTION,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }, CURLOPT_WRITEDATA, context),
            slipway_curl_set_callback(
                easy, CURLOPT_READFUNCTION,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .send(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
                }, CURLOPT_READDATA, context),
            slipway_curl_set_seek(
                easy,
                { context, offset, origin in
                    guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_CANTSEEK }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().seek(to: Int64(offset))
                }, context),
        ]
        return codes.first { $0 != CURLE_OK } ?? CURLE_OK
    }
}
