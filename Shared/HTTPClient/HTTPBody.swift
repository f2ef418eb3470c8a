/// The body of an answer: its bytes as they come. What is not read is not fetched: some 256 KiB ahead at most, then the
/// server has to wait.
///
/// It is read once; a second iterator goes on where the first stopped. Letting go of it before the end, or cancelling the
/// task that reads it, stops the transfer.
public struct HTTPBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = HTTPClientError

    let source: Source

    public func makeAsyncIterator() -> Iterator { Iterator(source: source) }

    public struct Iterator: AsyncIteratorProtocol {
        let source: Source

        /// The next bytes, never an empty piece; `nil` at the end.
        /// - Returns: `nil` at the end.
        /// - Throws: ``HTTPClientError`` where the rest does not come.
        public mutating func next() async throws(HTTPClientError) -> [UInt8]? {
            try await source.next()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HTTPClientError) -> [UInt8]? {
            try await source.next()
        }
    }

    /// The whole body.
    /// - Parameter limit: The most that is taken, in bytes.
    /// - Throws: ``HTTPClientError/Code/tooLarge`` if it is longer; the transfer is then stopped.
    public func collect(upTo limit: Int) async throws(HTTPClientError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await source.next() {
            guard bytes.count + piece.count <= limit else {
                await source.stop()
                throw HTTPClientError(.tooLarge, "the answer of \(source.server) is larger than \(limit) bytes")
            }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return bytes
    }

    /// One transfer, as its reader holds it.
    final class Source: Sendable {
        let transfer: UInt64
        let server: String
        /// Held so that a client nobody else holds lives until its last body is read.
        private let client: HTTPClient

        init(transfer: UInt64, server: String, client: HTTPClient) {
            self.transfer = transfer
            self.server = server
            self.client = client
        }

        deinit {
            client.loop.abandon(transfer)
        }

        func next() async throws(HTTPClientError) -> [UInt8]? {
            try await client.loop.next(of: transfer)
        }

        func stop() async {
            client.loop.abandon(transfer)
        }
    }
}
