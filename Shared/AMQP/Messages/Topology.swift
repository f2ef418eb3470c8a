/// The exchanges, queues and bindings a service relies on, declared again on every new connection.
///
/// A declaration that exists with the same arguments is left as it is; one that exists with others is the error
/// ``AMQPError/Code/preconditionFailed``.
public struct Topology: Sendable, Hashable {
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]

    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }
}
