/// Which node to try next, and when.
///
/// The nodes are tried in a random order, one right after the other; when all have failed it waits, longer each time,
/// and begins again in a new order. A connection that stood for a while begins anew without a wait; one that broke at
/// once counts as a failure, lest a broker that drops everybody be stormed.
struct Reconnect: Sendable {
    /// How long a connection must have stood to be worth trying again at once.
    static let stable = Duration.seconds(5)

    private let endpoints: [Endpoint]
    private var round: ArraySlice<Endpoint> = []
    private var delay: BackoffDelay
    private var waits = false

    init(endpoints: [Endpoint], backoff: Backoff) {
        self.endpoints = endpoints
        delay = BackoffDelay(backoff)
    }

    /// What to try next and how long to wait before; `nil` when there is no node at all.
    mutating func next(
        using generator: inout some RandomNumberGenerator
    ) -> (endpoint: Endpoint, wait: Duration)? {
        var wait = Duration.zero
        if round.isEmpty {
            round = endpoints.shuffled(using: &generator)[...]
            if waits { wait = delay.next(using: &generator) }
            waits = true
        }
        return round.popFirst().map { ($0, wait) }
    }

    /// A connection was made and has ended after `lifetime`.
    mutating func ended(after lifetime: Duration) {
        round = []
        guard lifetime >= Self.stable else { return }
        waits = false
        delay.reset()
    }
}
