/// What a merge leaves in a file it could not merge.
enum ConflictMarkers {
    /// The line of the first marker, or `nil` where the three of them are not there in their order.
    static func firstLine(in text: String) -> Int? {
        var wanted = [UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">")][...]
        var first: Int?
        for (number, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            guard let mark = wanted.first, line.count >= 7, line.prefix(7).allSatisfy({ $0 == mark }) else { continue }
            guard line.count == 7 || line.dropFirst(7).first.map({ $0 == UInt8(ascii: " ") || $0 == 13 }) == true
            else { continue }
            first = first ?? number + 1
            wanted = wanted.dropFirst()
            if wanted.isEmpty { return first }
        }
        return nil
    }
}
