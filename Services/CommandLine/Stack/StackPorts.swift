/// The ports of a local stack, all from one number on.
struct StackPorts: Sendable, Equatable {
    /// The gateway's; sync and the pipeline service follow it.
    let base: Int

    static let standard = 8080

    var gateway: Int { base }
    var sync: Int { base + 1 }
    var pipeline: Int { base + 2 }
    /// The private broker's: AMQP, and what Erlang needs for itself.
    var broker: Int { base + 10 }
    var brokerDistribution: Int { base + 11 }
    var brokerMapper: Int { base + 12 }
    /// Health and metrics of the services, in the order of ``StackService/all``.
    func admin(_ index: Int) -> Int { base + 1020 + index }
}
