/// Turns a pattern into instructions, alternatives into splits and jumps.
struct GlobParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var program: [Glob.Instruction] = []

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    mutating func parse() throws(GlobError) -> [Glob.Instruction] {
        try parseSequence(depth: 0)
        program.append(.match)
        return program
    }

    /// Reads up to the end, or inside braces up to the `,` or `}` that ends an alternative.
    private mutating func parseSequence(depth: Int) throws(GlobError) {
        while position < scalars.count {
            let scalar = scalars[position]
            switch scalar {
            case "*": parseStars()
            case "?":
                program.append(.segment)
                position += 1
            case "[": try parseClass()
            case "{":
                guard depth < Glob.deepestNesting else {
                    throw GlobError(problem: "alternatives nest \(Glob.deepestNesting) deep at most")
                }
                try parseAlternatives(depth: depth + 1)
            case ",", "}":
                if depth > 0 { return }
                if scalar == "}" { throw GlobError(problem: "“}” without “{”; write “\\}” for the character") }
                program.append(.scalar(scalar))
                position += 1
            case "\\":
                guard position + 1 < scalars.count else {
                    throw GlobError(problem: "“\\” at the end takes nothing literally; write “\\\\”")
                }
                program.append(.scalar(scalars[position + 1]))
                position += 2
            default:
                program.append(.scalar(scalar))
                position += 1
            }
        }
        if depth > 0 { throw GlobError(problem: "“{” is not closed by “}”") }
    }

    private mutating func parseStars() {
        var stars = 0
        while position < scalars.count, scalars[position] == "*" {
            stars += 1
            position += 1
        }
        guard stars > 1 else { return loop(.segment) }
        let startsSegment = position == stars || scalars[position - stars - 1] == "/"
        if startsSegment, position < scalars.count, scalars[position] == "/" {
            // `**/`: any directories, or none.
            position += 1
            let split = program.count
            program.append(.split(split + 1, 0))
            loop(.anything)
            program.append(.scalar("/"))
            program[split] = .split(split + 1, program.count)
        } else {
            loop(.anything)
        }
    }

    private mutating func loop(_ instruction: Glob.Instruction) {
        let start = program.count
        program.append(.split(start + 1, start + 3))
        program.append(instruction)
        program.append(.jump(start))
    }

    private mutating func parseClass() throws(GlobError) {
        guard let (members, end) = ScalarClass.parse(scalars, from: position) else {
            throw GlobError(problem: "“[” is not closed by “]”; write “\\[” for the character")
        }
        if let range = members.emptyRange {
            throw GlobError(problem: "the range “\(range)” is empty: its first character comes after its last")
        }
        program.append(.segmentOneOf(members))
        position = end + 1
    }

    private mutating func parseAlternatives(depth: Int) throws(GlobError) {
        position += 1
        var ends: [Int] = []
        while true {
            let split = program.count
            program.append(.split(split + 1, 0))
            try parseSequence(depth: depth)
            ends.append(program.count)
            program.append(.jump(0))
            // The sequence ended at `,` or `}`.
            let isLast = scalars[position] == "}"
            position += 1
            program[split] = isLast ? .jump(split + 1) : .split(split + 1, program.count)
            if isLast { break }
        }
        for end in ends { program[end] = .jump(program.count) }
    }
}
