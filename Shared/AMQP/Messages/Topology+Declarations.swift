extension Topology {
    /// What declares all of it.
    var declarations: [ClientMethod] {
        exchanges.map(ClientMethod.exchangeDeclare) + queues.map(ClientMethod.queueDeclare)
            + bindings.map(ClientMethod.queueBind)
    }

    /// What declares one queue and what it is bound to, as far as they are part of this topology.
    func declarations(of queue: String) -> [ClientMethod] {
        let bindings = bindings.filter { $0.queue == queue }
        let sources = Set(bindings.map(\.exchange))
        return Topology(
            exchanges: exchanges.filter { sources.contains($0.name) }, queues: queues.filter { $0.name == queue },
            bindings: bindings
        ).declarations
    }
}
