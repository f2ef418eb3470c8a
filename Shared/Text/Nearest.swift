/// Finds the name somebody probably meant.
public enum Nearest {
    /// The candidate that differs in the fewest letters, if it is close enough to be meant, else `nil`.
    public static func name(to wrong: String, among candidates: some Sequence<String>) -> String? {
        let text = Array(wrong.lowercased().unicodeScalars.prefix(64))
        let limit = text.count <= 3 ? 1 : text.count <= 6 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().unicodeScalars.prefix(64))
            guard abs(other.count - text.count) <= limit else { continue }
            let distance = distance(text, other)
            guard distance <= limit, distance < max(text.count, other.count) else { continue }
            if let best, (best.distance, best.name) <= (distance, candidate) { continue }
            best = (candidate, distance)
        }
        return best?.name
    }

    /// The same of variables that begin alike, and whose value may be in a file that `…_FILE` names.
    /// - Parameter prefix: that they begin with.
    public static func variable(
        to wrong: String, among names: some Sequence<String>, prefix: String
    ) -> String? {
        let isFile = wrong.hasSuffix("_FILE")
        let bare = wrong.dropFirst(prefix.count).dropLast(isFile ? 5 : 0)
        return name(to: String(bare), among: names.map { String($0.dropFirst(prefix.count)) })
            .map { prefix + $0 + (isFile ? "_FILE" : "") }
    }

    /// `; did you mean “…”?` or nothing.
    public static func hint(_ wrong: String, among candidates: some Sequence<String>) -> String {
        name(to: wrong, among: candidates).map { "; did you mean “\($0)”?" } ?? ""
    }

    /// Insertions, deletions, changes and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in left.indices {
            var line = [row + 1] + last.dropFirst()
            for column in right.indices {
                let same = left[row] == right[column]
                line[column + 1] = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, line[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    line[column + 1] = min(line[column + 1], beforeLast[column - 1] + 1)
                }
            }
            beforeLast = last
            last = line
        }
        return last[right.count]
    }
}
