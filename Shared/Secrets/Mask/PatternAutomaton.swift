/// Finds all of many patterns in a stream, a symbol at a time, in a time that depends on the stream's length alone
/// (Aho and Corasick, 1975).
struct PatternAutomaton: Sendable {
    /// The longest beginning of a pattern that the stream ends with, by its number; 0 is none.
    typealias State = Int32

    private struct Node {
        var symbol: UInt8
        var child: State = 0
        var sibling: State = 0
        /// The state of the longest proper suffix that begins a pattern as well.
        var failure: State = 0
        var depth: Int32
        /// The length of the longest pattern that ends here; 0 for none.
        var match: Int32 = 0
    }

    private var nodes = [Node(symbol: 0, depth: 0)]
    private var first = [State](repeating: 0, count: 256)
    /// How many symbols the shortest pattern has; `Int.max` where there is none.
    private(set) var shortest = Int.max
    /// The states of two symbols: of many patterns one symbol has many that follow.
    private var second = [State](repeating: 0, count: 1 << 16)

    /// - Parameters:
    ///   - patterns: Those that are always found.
    ///   - others: Those that are left out where they would need more states than the limit.
    init(_ patterns: [[UInt8]], _ others: [[UInt8]], limit: Int) {
        for pattern in patterns { insert(pattern) }
        for pattern in others where nodes.count + pattern.count <= limit { insert(pattern) }
        link()
    }

    /// The state after one more symbol.
    func next(_ state: State, _ symbol: UInt8) -> State {
        var state = state
        while state != 0 {
            let child = child(of: state, symbol)
            if child != 0 { return child }
            state = nodes[Int(state)].failure
        }
        return first[Int(symbol)]
    }

    /// How much of the stream's end may begin a pattern.
    func depth(_ state: State) -> Int { Int(nodes[Int(state)].depth) }

    /// The length of the longest pattern that ends here; 0 for none.
    func match(_ state: State) -> Int { Int(nodes[Int(state)].match) }

    /// What so many symbols patterns begin with, and the shorter patterns as they are.
    func beginnings(_ length: Int) -> [[UInt8]] {
        var beginnings: [[UInt8]] = []
        var open = first.filter { $0 != 0 }.map { ($0, [nodes[Int($0)].symbol]) }
        while let (state, symbols) = open.popLast() {
            if symbols.count == length || match(state) == symbols.count { beginnings.append(symbols) }
            guard symbols.count < length else { continue }
            for child in children(of: state) { open.append((child, symbols + [nodes[Int(child)].symbol])) }
        }
        return beginnings
    }

    private func children(of state: State) -> [State] {
        var children: [State] = []
        var child = nodes[Int(state)].child
        while child != 0 {
            children.append(child)
            child = nodes[Int(child)].sibling
        }
        return children
    }

    private func child(of state: State, _ symbol: UInt8) -> State {
        let node = nodes[Int(state)]
        if node.depth == 1 { return second[Int(node.symbol) << 8 | Int(symbol)] }
        var child = node.child
        while child != 0, nodes[Int(child)].symbol != symbol { child = nodes[Int(child)].sibling }
        return child
    }

    private mutating func insert(_ pattern: [UInt8]) {
        var state: State = 0
        for symbol in pattern {
            var next = state == 0 ? first[Int(symbol)] : child(of: state, symbol)
            if next == 0 {
                next = State(nodes.count)
                var node = Node(symbol: symbol, depth: nodes[Int(state)].depth + 1)
                if state == 0 {
                    first[Int(symbol)] = next
                } else {
                    node.sibling = nodes[Int(state)].child
                    nodes[Int(state)].child = next
                    if node.depth == 2 { second[Int(nodes[Int(state)].symbol) << 8 | Int(symbol)] = next }
                }
                nodes.append(node)
            }
            state = next
        }
        nodes[Int(state)].match = Int32(pattern.count)
        shortest = min(shortest, pattern.count)
    }

    /// Sets the failures, shorter states first: each follows that of the state before it.
    private mutating func link() {
        var queue = first.filter { $0 != 0 }
        var taken = 0
        while taken < queue.count {
            let state = queue[taken]
            taken += 1
            var child = nodes[Int(state)].child
            while child != 0 {
                let failure = next(nodes[Int(state)].failure, nodes[Int(child)].symbol)
                nodes[Int(child)].failure = failure
                if nodes[Int(child)].match == 0 { nodes[Int(child)].match = nodes[Int(failure)].match }
                queue.append(child)
                child = nodes[Int(child)].sibling
            }
        }
    }
}
