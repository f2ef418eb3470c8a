/// The states a matcher is in at once: a list for walking and marks against entering one twice.
struct StateSet {
    private(set) var members: [Int] = []
    private var marks: [Bool]
    private var work: [Int] = []

    init(count: Int) {
        marks = [Bool](repeating: false, count: count)
        members.reserveCapacity(count)
    }

    var isEmpty: Bool { members.isEmpty }

    mutating func clear() {
        for member in members { marks[member] = false }
        // Splits and jumps are marked without being members.
        for state in passed { marks[state] = false }
        members.removeAll(keepingCapacity: true)
        passed.removeAll(keepingCapacity: true)
    }

    private var passed: [Int] = []

    /// Enters a state and all that can be reached from it without a character.
    mutating func add(_ state: Int, _ program: [Glob.Instruction]) {
        work.append(state)
        while let state = work.popLast() {
            guard state < program.count, !marks[state] else { continue }
            marks[state] = true
            switch program[state] {
            case .split(let first, let second):
                passed.append(state)
                work.append(second)
                work.append(first)
            case .jump(let target):
                passed.append(state)
                work.append(target)
            default: members.append(state)
            }
        }
    }
}
