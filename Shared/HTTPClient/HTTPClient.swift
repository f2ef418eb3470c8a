public import Logging
import Synchronization
import Threading

/// All outgoing HTTP: libcurl's multi interface on its own thread.
///
/// One client serves a whole process; it keeps connections and uses them again. It starts its thread when made and ends
/// it with ``shutdown()``, or when nobody holds the client or one of its bodies any more.
public final class HTTPClient: Sendable {
    let loop: TransferLoop
    private let nextTransfer = Atomic<UInt64>(1)

    public init(configuration: Configuration = .init(), logger: Logger) {
        loop = TransferLoop(configuration: configuration, logger: logger)
    }

    deinit {
        loop.close()
    }

    /// Sends a request and returns when the head of the answer has come, whatever its status.
    ///
    /// The request's body may still be on its way then. Cancelling the task stops the transfer at once and closes its
    /// connection.
    /// - Throws: ``HTTPClientError``, also for an answer that is broken or too large.
    public func send(_ request: HTTPRequest) async throws(HTTPClientError) -> HTTPResponse {
        let address = try Address(request)
        let transfer = nextTransfer.add(1, ordering: .relaxed).oldValue
        let head = await withTaskCancellationHandler {
            await loop.start(transfer, request, address)
        } onCancel: { [loop] in
            loop.cancel(transfer)
        }
        let body = HTTPBody(source: HTTPBody.Source(transfer: transfer, server: address.server, client: self))
        let complete = try head.get()
        return HTTPResponse(status: complete.status, headers: complete.headers, body: body)
    }

    /// Stops all transfers with ``HTTPClientError/Code/shutDown``, closes all connections and ends the thread. More
    /// requests fail.
    public func shutdown() async {
        await loop.shutdown()
    }
}
