import HTTPClient

/// What a container writes, as it comes, to its end. Letting go of it stops the transfer.
public struct ContainerLog: AsyncSequence, Sendable {
    public typealias Element = LogPiece
    public typealias Failure = DockerError

    let body: HTTPBody
    let subject: String
    let socketPath: String

    public func makeAsyncIterator() -> Iterator {
        Iterator(body: body.makeAsyncIterator(), subject: subject, socketPath: socketPath)
    }

    public struct Iterator: AsyncIteratorProtocol {
        public typealias Failure = DockerError

        var body: HTTPBody.Iterator
        let subject: String
        let socketPath: String
        private var demultiplexer = LogDemultiplexer()
        private var pieces: ArraySlice<LogPiece> = []

        init(body: HTTPBody.Iterator, subject: String, socketPath: String) {
            self.body = body
            self.subject = subject
            self.socketPath = socketPath
        }

        /// - Returns: `nil` once the container has ended and all is read.
        /// - Throws: ``DockerError``: `unreachable` where the engine is lost, `protocolViolation`.
        public mutating func next() async throws(DockerError) -> LogPiece? {
            while true {
                if let piece = pieces.popFirst() { return piece }
                let bytes: [UInt8]?
                do {
                    bytes = try await body.next()
                } catch {
                    throw DockerError(error, subject, engine: socketPath)
                }
                guard let bytes else {
                    guard !demultiplexer.isInside else {
                        throw DockerError(.protocolViolation, "\(subject): it was cut off in the middle")
                    }
                    return nil
                }
                do {
                    pieces = try demultiplexer.take(bytes)[...]
                } catch {
                    throw DockerError(.protocolViolation, "\(subject): it is not in frames")
                }
            }
        }
    }
}
