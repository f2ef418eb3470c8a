import Worker

/// The instructions of a Dockerfile, each as one line, and its comments and empty lines as they are.
struct DockerfileLines: Sequence, IteratorProtocol {
    struct Line {
        /// Without the ends of the lines it goes over, and what says that it does.
        let text: [UInt8]
        /// Of its first line, from 1.
        let number: Int
        let isInstruction: Bool
        /// What it begins with, in capital letters.
        let word: String
        /// What comes after.
        let rest: [UInt8]

        init(_ text: [UInt8], number: Int = 1, isInstruction: Bool = true) {
            self.text = text
            self.number = number
            self.isInstruction = isInstruction
            let trimmed = text.drop(while: isBlank)
            let word = trimmed.prefix { !isBlank($0) }
            self.word = String(decoding: word, as: UTF8.self).uppercased()
            rest = Array(trimmed.dropFirst(word.count).drop(while: isBlank))
        }

        /// The words of `rest`.
        var words: [String] { rest.split(whereSeparator: isBlank).map { String(decoding: $0, as: UTF8.self) } }

        /// What comes after some words of `rest`.
        func rest(after count: Int) -> ArraySlice<UInt8> {
            var rest = rest[...]
            for _ in 0..<count { rest = rest.drop { !isBlank($0) }.drop(while: isBlank) }
            return rest
        }

        func failure(_ what: String) -> JobFailure { JobFailure("line \(number) of the Dockerfile \(what)") }
    }

    private let lines: [ArraySlice<UInt8>]
    private var index = 0
    /// What a line ends with that goes on.
    private var escape = UInt8(ascii: "\\")
    private var mayDirect = true

    init(_ text: [UInt8]) {
        var text = text[...]
        if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    mutating func next() -> Line? {
        guard index < lines.count else { return nil }
        let number = index + 1
        let first = lines[index].drop(while: isBlank)
        index += 1
        if mayDirect, let escape = Self.escape(in: first) { self.escape = escape }
        mayDirect = mayDirect && first.first == UInt8(ascii: "#") && first.contains(UInt8(ascii: "="))
        if first.isEmpty || first.first == UInt8(ascii: "#") {
            return Line(Array(lines[number - 1]), number: number, isInstruction: false)
        }
        var (text, goesOn) = piece(first)
        while goesOn, index < lines.count {
            let line = lines[index]
            index += 1
            let trimmed = line.drop(while: isBlank)
            if trimmed.isEmpty || trimmed.first == UInt8(ascii: "#") { continue }
            let (more, isMore) = piece(line)
            (text, goesOn) = (text + more, isMore)
        }
        return Line(text, number: number)
    }

    /// A line without its end, and whether the next one belongs to it.
    private func piece(_ line: ArraySlice<UInt8>) -> (text: [UInt8], goesOn: Bool) {
        var line = line
        if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
        var end = line
        while let last = end.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { end = end.dropLast() }
        guard end.last == escape, end.dropLast().last != escape else { return (Array(line), false) }
        return (Array(end.dropLast()), true)
    }

    /// What `# escape=` says.
    private static func escape(in line: ArraySlice<UInt8>) -> UInt8? {
        let text = String(decoding: line, as: UTF8.self).dropFirst().filter { !$0.isWhitespace }.lowercased()
        guard text.hasPrefix("escape="), let value = text.dropFirst("escape=".count).first else { return nil }
        return value == "`" ? UInt8(ascii: "`") : UInt8(ascii: "\\")
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0d).contains(byte) }
