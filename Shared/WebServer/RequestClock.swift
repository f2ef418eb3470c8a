/// State machine of what a connection's client owes: the rest of a head, of a body, or nothing. See ``RequestWatch``.
struct RequestClock: Equatable {
    /// What is waited for, each with its own time.
    enum Owed: Equatable {
        /// The first request of a connection, to the end of its head.
        case first
        /// Another one, of which nothing has come.
        case next
        /// The rest of a head.
        case head
        /// The rest of a body.
        case body
        /// Nothing: a request is being done.
        case nothing
    }

    private(set) var owed = Owed.first
    /// Whole requests that have no answer yet.
    private var unanswered = 0
    /// The answer was there before the request's end.
    private var isAnsweredEarly = false
    /// A head has begun behind a request that is being done.
    private var hasBegun = false

    /// Bytes came that did not end a head.
    mutating func begin() {
        switch owed {
        case .next: owed = .head
        case .nothing: hasBegun = true
        case .first, .head, .body: break
        }
    }

    mutating func headCame() {
        hasBegun = false
        owed = .body
    }

    mutating func requestEnded() {
        if isAnsweredEarly { isAnsweredEarly = false } else { unanswered += 1 }
        owed = unanswered > 0 ? .nothing : .next
    }

    mutating func answered() {
        if owed == .body, unanswered == 0 {
            isAnsweredEarly = true
        } else {
            unanswered = max(0, unanswered - 1)
            guard owed == .nothing, unanswered == 0 else { return }
            owed = hasBegun ? .head : .next
            hasBegun = false
        }
    }
}

/// How long what a client owes may take.
public struct RequestPatience: Sendable, Equatable {
    /// The first head of a connection, and the rest of a head that has begun.
    public var head = Duration.seconds(10)
    /// A body, from its head to its last byte.
    public var body = Duration.seconds(60)
    /// The next request of a connection.
    public var next = Duration.seconds(120)
    /// How long a client may read nothing of its answer.
    public var stalled = Duration.seconds(120)

    public init() {}

    func time(for owed: RequestClock.Owed) -> Duration? {
        switch owed {
        case .first, .head: head
        case .body: body
        case .next: next
        case .nothing: nil
        }
    }
}
