/// What a merge leaves in a file it could not merge.
enum ConflictMarkers {
    static let advice =
        "a merge left its conflict here: keep one side of it, and remove the lines <<<<<<<, ======= and >>>>>>>"

    /// The line of the first marker, or `nil` where the three of them are not there in their order.
    static func firstLine(in text: String) -> Int? {
        var wanted = [UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">")][...]
        var first: Int?
        for (number, mark) in markers(in: text) where mark == wanted.first {
            first = first ?? number
            wanted = wanted.dropFirst()
            if wanted.isEmpty { return first }
        }
        return nil
    }

    /// The line of the first marker in a text that cannot be read: somebody may have removed some of them already. A
    /// line of `=` by itself is none, people underline with it.
    static func remnant(in text: String) -> Int? {
        let markers = markers(in: text)
        return markers.contains { $0.mark != UInt8(ascii: "=") } ? markers.first?.line : nil
    }

    private static func markers(in text: String) -> [(line: Int, mark: UInt8)] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .compactMap { number, line in
                guard let mark = line.first, "<=>|".utf8.contains(mark),
                    line.prefix(7).count(where: { $0 == mark }) == 7
                else { return nil }
                let next = line.dropFirst(7).first
                return next == nil || next == UInt8(ascii: " ") || next == 13 ? (number + 1, mark) : nil
            }
    }
}
