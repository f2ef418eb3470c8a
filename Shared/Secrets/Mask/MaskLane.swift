/// One way of reading a stream for patterns. Some of its bytes may be passed over; what is found is told by its place in
/// the stream, with them.
struct MaskLane: Sendable {
    /// Symbols that follow each other in the stream as well.
    private struct Run {
        var symbol: Int
        var position: Int
    }

    private let automaton: PatternAutomaton
    private var state: PatternAutomaton.State = 0
    /// Both since the state was last that of the beginning.
    private var count = 0
    private var runs: [Run] = []

    init(_ automaton: PatternAutomaton) { self.automaton = automaton }

    /// Whether what was read last may begin a pattern.
    var isOpen: Bool { state != 0 }
    /// How much of that there is, in symbols.
    var depth: Int { automaton.depth(state) }
    /// Where in the stream that begins; `nil` for nothing.
    var beginning: Int? { isOpen ? position(of: count - depth) : nil }

    /// Reads a symbol.
    /// - Returns: Where the longest pattern begins that ends with it, if one does.
    mutating func read(_ symbol: UInt8, at position: Int) -> Int? {
        state = automaton.next(state, symbol)
        guard isOpen else {
            reset()
            return nil
        }
        if runs.last.map({ $0.position + count - $0.symbol }) != position {
            runs.append(Run(symbol: count, position: position))
        }
        count += 1
        let length = automaton.match(state)
        return length > 0 ? self.position(of: count - length) : nil
    }

    /// Begins anew.
    mutating func reset() {
        state = 0
        count = 0
        runs.removeAll(keepingCapacity: true)
    }

    /// Forgets where earlier symbols were than those that may begin a pattern.
    mutating func forget() {
        guard runs.count > 1 else { return }
        runs.removeFirst(run(of: count - depth))
    }

    private func position(of symbol: Int) -> Int {
        let run = runs[run(of: symbol)]
        return run.position + symbol - run.symbol
    }

    /// The run that a symbol is in.
    private func run(of symbol: Int) -> Int {
        var (low, high) = (0, runs.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].symbol <= symbol { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
