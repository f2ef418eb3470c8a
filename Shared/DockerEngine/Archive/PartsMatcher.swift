/// Reads the regular expressions that ``IgnorePattern`` makes, and no others.
enum PartsReader {
    /// - Returns: `nil` if it is none, such as `[z-a]`.
    static func read(_ expression: [UInt32]) -> [IgnorePattern.Part]? {
        var parts: [IgnorePattern.Part] = []
        var rest = expression[...]
        while let scalar = rest.first {
            if rest.starts(with: Scalars.folders) {
                rest.removeFirst(Scalars.folders.count)
                parts.append(.folders)
                continue
            }
            if rest.starts(with: Scalars.anything) {
                rest.removeFirst(Scalars.anything.count)
                parts.append(.many(.inLine))
                continue
            }
            rest.removeFirst()
            switch scalar {
            case Scalars.open:
                guard let set = readClass(&rest) else { return nil }
                if rest.first == Scalars.star {
                    rest.removeFirst()
                    parts.append(.many(set))
                } else {
                    parts.append(.one(set))
                }
            case Scalars.backslash:
                guard let escaped = readEscaped(&rest) else { return nil }
                parts.append(escaped)
            case Scalars.caret: parts.append(.beginning)
            default: parts.append(.one(.only(scalar)))
            }
        }
        return parts
    }

    /// A class after its `[`, with its `]`.
    private static func readClass(_ rest: inout ArraySlice<UInt32>) -> ScalarSet? {
        var set = ScalarSet(ranges: [])
        if rest.first == Scalars.caret {
            rest.removeFirst()
            set.isNegated = true
        }
        func takeMember() -> UInt32? {
            guard let first = rest.popFirst() else { return nil }
            guard first == Scalars.backslash else { return first }
            guard let escaped = rest.popFirst(), !isWord(escaped) else { return nil }
            return escaped
        }
        repeat {
            guard let low = takeMember() else { return nil }
            guard rest.first == Scalars.hyphen, rest.dropFirst().first != Scalars.close else {
                set.ranges.append(low...low)
                continue
            }
            rest.removeFirst()
            guard let high = takeMember(), low <= high else { return nil }
            set.ranges.append(low...high)
        } while !rest.isEmpty && rest.first != Scalars.close
        return rest.popFirst() == nil ? nil : set
    }

    /// What follows a `\`. Before a letter or digit it is a word of regular expressions that no path has, as in the
    /// `\b` of `folder\build`, or no word at all.
    private static func readEscaped(_ rest: inout ArraySlice<UInt32>) -> IgnorePattern.Part? {
        guard let scalar = rest.popFirst() else { return nil }
        guard isWord(scalar) else { return .one(.only(scalar)) }
        return "abdfnrstvwzABDSW".unicodeScalars.contains { $0.value == scalar } ? .nothing : nil
    }

    private static func isWord(_ scalar: UInt32) -> Bool {
        guard scalar < 128, let scalar = Unicode.Scalar(scalar) else { return false }
        return Character(scalar).isLetter || Character(scalar).isNumber || scalar == "_"
    }
}

/// Compares parts with a path in one go: whatever the pattern, each scalar of the path is looked at once for each part.
struct PartsMatcher {
    private let parts: [IgnorePattern.Part]

    init(_ parts: [IgnorePattern.Part]) { self.parts = parts }

    func matches(_ path: [UInt32]) -> Bool {
        // Which part may come next; and in which `folders` we are.
        var next = [Bool](repeating: false, count: parts.count + 1)
        var inside = [Bool](repeating: false, count: parts.count)
        enter(0, &next, &inside, isBeginning: true)
        for scalar in path {
            var (following, stillInside) = (
                [Bool](repeating: false, count: parts.count + 1), [Bool](repeating: false, count: parts.count)
            )
            for (index, part) in parts.enumerated() {
                switch part {
                case .one(let set) where next[index] && set.contains(scalar):
                    enter(index + 1, &following, &stillInside, isBeginning: false)
                case .many(let set) where next[index] && set.contains(scalar):
                    enter(index, &following, &stillInside, isBeginning: false)
                case .folders where inside[index] && scalar != Scalars.newline:
                    stillInside[index] = true
                    if scalar == Scalars.slash { enter(index + 1, &following, &stillInside, isBeginning: false) }
                default: break
                }
            }
            (next, inside) = (following, stillInside)
        }
        return next[parts.count]
    }

    /// Goes to a part, and past all that may be empty.
    private func enter(_ index: Int, _ next: inout [Bool], _ inside: inout [Bool], isBeginning: Bool) {
        var index = index
        while true {
            next[index] = true
            guard index < parts.count else { return }
            switch parts[index] {
            case .folders: inside[index] = true
            case .many: break
            case .beginning: guard isBeginning else { return }
            case .one, .nothing: return
            }
            index += 1
        }
    }
}
