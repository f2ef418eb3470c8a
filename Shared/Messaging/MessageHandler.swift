public import Contracts

/// Handles one type of message. The effect is durable before `handle` returns: the delivery is acked after it.
/// The same message may come again (same ``MessageContext/id``); handling it twice has the effect of once.
public protocol MessageHandler<Incoming>: Sendable {
    associatedtype Incoming: Message

    /// - Throws: ``MessageFailure`` to retry or park; any other error is retried.
    func handle(_ message: Incoming, _ context: MessageContext) async throws
}

/// Answers one type of request.
public protocol RequestHandler<Incoming>: Sendable {
    associatedtype Incoming: Request

    /// - Throws: a `Problem` for the caller; any other error becomes one that tells no details.
    func answer(_ request: Incoming, _ context: MessageContext) async throws -> Incoming.Reply
}
