/// Who waits for whom among numbered nodes. Edges that lead nowhere are dropped and cycles are found, so that every
/// walk over it ends whatever a document says.
struct DependencyGraph: Sendable {
    /// What each node waits for, by number.
    let dependencies: [[Int]]
    /// Every node that is on no cycle and behind none, each after all it waits for.
    let order: [Int]

    init(dependencies: [[Int]]) {
        self.dependencies = dependencies
        var waiting = dependencies.map(\.count)
        var dependents = [[Int]](repeating: [], count: dependencies.count)
        for (node, needed) in dependencies.enumerated() {
            for dependency in needed { dependents[dependency].append(node) }
        }
        var order = waiting.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for dependent in dependents[order[next]] {
                waiting[dependent] -= 1
                if waiting[dependent] == 0 { order.append(dependent) }
            }
            next += 1
        }
        self.order = order
    }

    /// By name: names that are unknown are dropped, of equal names the first counts.
    init(names: [String], dependsOn: [[String]]) {
        var numbers: [String: Int] = [:]
        for (number, name) in names.enumerated() where numbers[name] == nil { numbers[name] = number }
        self.init(
            dependencies: dependsOn.map { needed in
                var seen = Set<Int>()
                return needed.compactMap { numbers[$0] }.filter { seen.insert($0).inserted }
            })
    }

    /// One cycle, as the numbers along it, the first one again at the end; `nil` if there is none.
    var cycle: [Int]? {
        guard order.count < dependencies.count else { return nil }
        var isOrdered = [Bool](repeating: false, count: dependencies.count)
        for node in order { isOrdered[node] = true }
        // Every node left waits for another that is left: walking along must come back.
        guard var node = isOrdered.firstIndex(of: false) else { return nil }
        var path: [Int] = []
        var position = [Int](repeating: -1, count: dependencies.count)
        while position[node] < 0 {
            position[node] = path.count
            path.append(node)
            guard let next = dependencies[node].first(where: { !isOrdered[$0] }) else { return nil }
            node = next
        }
        return Array(path[position[node]...]) + [node]
    }

    /// What each node waits for once the nodes left out are spliced out: instead of one of those it waits for what
    /// that one would have waited for.
    func spliced(keeping isKept: [Bool]) -> [[Int]] {
        var resolved = [[Int]](repeating: [], count: dependencies.count)
        for node in order {
            if dependencies[node].allSatisfy({ isKept[$0] }) {
                resolved[node] = dependencies[node]
                continue
            }
            var seen = Set<Int>()
            for dependency in dependencies[node] {
                for target in isKept[dependency] ? [dependency] : resolved[dependency] {
                    if seen.insert(target).inserted { resolved[node].append(target) }
                }
            }
        }
        return resolved
    }
}
