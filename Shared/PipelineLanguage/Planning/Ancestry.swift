/// Which nodes of a graph come before which, directly or not: a row of bits for each, so that asking costs nothing
/// however many there are.
struct Ancestry: Sendable {
    private let isOrdered: [Bool]
    private let width: Int
    private var rows: [UInt64]

    init(_ graph: DependencyGraph) {
        let count = graph.dependencies.count
        width = (count + 63) / 64
        rows = [UInt64](repeating: 0, count: count * width)
        var isOrdered = [Bool](repeating: false, count: count)
        for node in graph.order {
            isOrdered[node] = true
            for dependency in graph.dependencies[node] {
                for word in 0..<width { rows[node * width + word] |= rows[dependency * width + word] }
                rows[node * width + dependency / 64] |= 1 << UInt64(dependency % 64)
            }
        }
        self.isOrdered = isOrdered
    }

    /// Whether a node ends before another starts. On a cycle and behind one everything does: the cycle is the mistake
    /// to report, not what follows from it.
    func contains(_ node: Int, before other: Int) -> Bool {
        guard isOrdered[other] else { return node != other }
        return rows[other * width + node / 64] >> UInt64(node % 64) & 1 == 1
    }
}
