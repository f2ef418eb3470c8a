/// A shell's pattern (`*`, `?`, `[…]`, where `/` is a character like any other), matched with states that advance together.
struct WordPattern {
    private let program: [Glob.Instruction]

    let startsWithStar: Bool

    private enum Unit {
        case star
        case one(Glob.Instruction)
    }

    /// - Parameters:
    ///   - isBackwards: Whether it is to match texts that are read from their end.
    ///   - work: Counted down by what was looked at; below 0 the pattern is not read to its end.
    init(_ pattern: String, isBackwards: Bool = false, work: inout Int) {
        var units = Self.units(Array(pattern.unicodeScalars.prefix(Glob.longestPattern)), work: &work)
        if isBackwards { units.reverse() }
        var program: [Glob.Instruction] = []
        for unit in units {
            switch unit {
            case .star:
                let start = program.count
                program += [.split(start + 1, start + 3), .anything, .jump(start)]
            case .one(let instruction): program.append(instruction)
            }
        }
        program.append(.match)
        self.program = program
        if case .star? = units.first { startsWithStar = true } else { startsWithStar = false }
    }

    /// A `[` that is not closed is a character, and what comes behind it may still be a class: `[[:a:]` has one. So
    /// each is looked at, where any `]` comes behind it at all.
    private static func units(_ scalars: [Unicode.Scalar], work: inout Int) -> [Unit] {
        var units: [Unit] = []
        var position = 0
        let lastEnd = scalars.lastIndex(of: "]") ?? -1
        work -= scalars.count
        while position < scalars.count, work >= 0 {
            switch scalars[position] {
            case "*":
                // Two stars match what one does, with twice the work.
                if case .star? = units.last { break }
                units.append(.star)
            case "?": units.append(.one(.anything))
            case "\\" where position + 1 < scalars.count:
                position += 1
                units.append(.one(.scalar(scalars[position])))
            case "[" where position < lastEnd:
                let parsed = ScalarClass.parse(scalars, from: position)
                work -= (parsed?.end ?? scalars.count) - position
                if let (members, end) = parsed {
                    units.append(.one(.oneOf(members)))
                    position = end
                } else {
                    units.append(.one(.scalar("[")))
                }
            default: units.append(.one(.scalar(scalars[position])))
            }
            position += 1
        }
        return units
    }

    /// How many scalars from `start` on match, the fewest or the most; `nil` if no number does.
    /// - Parameter work: Counted down by what was looked at; below 0 the search gives up.
    func match(_ text: [Unicode.Scalar], from start: Int, longest: Bool, work: inout Int) -> Int? {
        var current = StateSet(count: program.count)
        var next = StateSet(count: program.count)
        current.add(0, program)
        var found: Int?
        var position = start
        while true {
            if current.members.contains(where: { program[$0] == .match }) {
                found = position - start
                if !longest { return found }
            }
            work -= current.members.count + 1
            guard position < text.count, !current.isEmpty, work >= 0 else { return found }
            next.clear()
            for state in current.members where program[state].takes(text[position]) { next.add(state + 1, program) }
            swap(&current, &next)
            position += 1
        }
    }
}
