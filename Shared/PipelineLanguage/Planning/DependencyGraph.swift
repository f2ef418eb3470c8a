/// Who waits for whom among numbered nodes. Edges that lead nowhere are dropped and cycles are found, so that every
/// walk over it ends whatever a document says.
struct DependencyGraph: Sendable, Hashable {
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
        self.init(numbers: numbers, dependsOn: dependsOn)
    }

    /// By name, where the names are numbered already.
    init(numbers: [String: Int], dependsOn: some Collection<[String]>) {
        // The last node that was found to wait for each, so that a name given twice counts once.
        var waitedForBy: [Int: Int] = [:]
        var dependencies: [[Int]] = []
        dependencies.reserveCapacity(dependsOn.count)
        for names in dependsOn {
            var needed: [Int] = []
            needed.reserveCapacity(names.count)
            for name in names {
                guard let number = numbers[name] else { continue }
                // The usual few are looked through faster than anything is hashed.
                if needed.count < 8 {
                    if needed.contains(number) { continue }
                } else {
                    if needed.count == 8 { for other in needed { waitedForBy[other] = dependencies.count } }
                    if waitedForBy.updateValue(dependencies.count, forKey: number) == dependencies.count { continue }
                }
                needed.append(number)
            }
            dependencies.append(needed)
        }
        self.init(dependencies: dependencies)
    }

    /// For each node one of those it waits for, directly or through others, for which this holds: a direct one rather
    /// than another.
    func causes(where holds: (Int) -> Bool) -> [Int?] {
        var causes = [Int?](repeating: nil, count: dependencies.count)
        for node in order {
            causes[node] =
                dependencies[node].first(where: holds) ?? dependencies[node].lazy.compactMap { causes[$0] }.first
        }
        return causes
    }

    /// One cycle, or `nil` if there is none.
    var cycle: [Int]? { cycles.first }

    /// Cycles, as the numbers along each, the first one again at the end: all there are that share no node.
    var cycles: [[Int]] {
        guard order.count < dependencies.count else { return [] }
        var isOrdered = [Bool](repeating: false, count: dependencies.count)
        for node in order { isOrdered[node] = true }
        var cycles: [[Int]] = []
        var walk = [Int](repeating: -1, count: dependencies.count)
        for start in dependencies.indices where !isOrdered[start] && walk[start] < 0 {
            // Every node left waits for another that is left: walking along must come back somewhere.
            var path: [Int] = []
            var node: Int? = start
            while let current = node, walk[current] < 0 {
                walk[current] = start
                path.append(current)
                node = dependencies[current].first { !isOrdered[$0] }
            }
            if let node, walk[node] == start, let first = path.firstIndex(of: node) {
                cycles.append(Array(path[first...]) + [node])
            }
        }
        return cycles
    }

    /// What each node waits for once the nodes left out are spliced out: instead of one of those it waits for what
    /// that one would have waited for.
    func spliced(keeping isKept: [Bool]) -> [[Int]] {
        var resolved = [[Int]](repeating: [], count: dependencies.count)
        var seenBy = [Int](repeating: -1, count: dependencies.count)
        for node in order {
            if dependencies[node].allSatisfy({ isKept[$0] }) {
                resolved[node] = dependencies[node]
                continue
            }
            for dependency in dependencies[node] {
                for target in isKept[dependency] ? [dependency] : resolved[dependency] where seenBy[target] != node {
                    seenBy[target] = node
                    resolved[node].append(target)
                }
            }
        }
        return resolved
    }
}
