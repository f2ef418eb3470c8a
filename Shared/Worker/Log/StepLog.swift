public import Contracts

/// Where a step writes what it has to say. The bytes may be any: what a reader sees is valid UTF-8 with the job's
/// secrets masked.
public protocol StepLog: Sendable {
    /// Appends bytes in the order of the calls. Returns at once as long as there is memory or disk to hold them.
    func write(_ bytes: [UInt8]) async

    /// Appends a line of the worker's own, ended by a newline.
    func line(_ text: String) async
}

extension StepLog {
    public func line(_ text: String) async {
        await write(Array((text + "\n").utf8))
    }
}

/// Takes the pieces of a log to the platform.
public protocol LogSink: Sendable {
    /// Returns once the broker has the chunk. An error means that it is to be sent again, a
    /// ``JobFailure`` that no broker will ever take it.
    func publish(_ chunk: LogChunk) async throws
}
