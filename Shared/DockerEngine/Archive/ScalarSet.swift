/// Unicode scalars that may stand at one place of a path.
struct ScalarSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

    static func only(_ scalar: UInt32) -> ScalarSet { ScalarSet(ranges: [scalar...scalar]) }
    static let inSegment = ScalarSet(ranges: [Scalars.slash...Scalars.slash], isNegated: true)
    /// What `.` of a regular expression stands for.
    static let inLine = ScalarSet(ranges: [Scalars.newline...Scalars.newline], isNegated: true)
}

/// The scalars of patterns and paths as numbers.
enum Scalars {
    static let star = scalar("*")
    static let question = scalar("?")
    static let open = scalar("[")
    static let close = scalar("]")
    static let caret = scalar("^")
    static let hyphen = scalar("-")
    static let backslash = scalar("\\")
    static let slash = scalar("/")
    static let dollar = scalar("$")
    static let newline = scalar("\n")
    /// What means something in a regular expression and nothing in a pattern.
    static let special = Set(".+()|{}$".unicodeScalars.map(\.value))
    static let inSegment = "[^/]".unicodeScalars.map(\.value)
    static let anything = ".*".unicodeScalars.map(\.value)
    static let folders = "(.*/)?".unicodeScalars.map(\.value)

    private static func scalar(_ scalar: Unicode.Scalar) -> UInt32 { scalar.value }

    /// File names need not be UTF-8: each byte that is none is U+FFFD.
    static func decode(_ bytes: some Sequence<UInt8>) -> [UInt32] {
        var scalars: [UInt32] = []
        scalars.reserveCapacity(bytes.underestimatedCount)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded): scalars.append(Unicode.UTF8.decode(encoded).value)
            case .error(let length): scalars += repeatElement(0xFFFD, count: length)
            case .emptyInput: return scalars
            }
        }
    }
}
