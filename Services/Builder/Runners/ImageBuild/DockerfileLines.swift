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

        /// Whether an engine may take the line after it for a part of it, as engines of before 23 do after two of them.
        func mayGoOn(_ escape: UInt8) -> Bool {
            text.last { !isBlank($0) } == escape
        }

        /// Whether a word begins as `<<EOF` does, after digits: engines may read the lines that follow as its text.
        var hasHereDocument: Bool {
            let mark = UInt8(ascii: "<")
            for index in rest.indices.dropFirst() where rest[index] == mark && rest[index - 1] == mark {
                guard index + 1 < rest.count, rest[index + 1] != mark, !isBlank(rest[index + 1]) else { continue }
                let before = rest[..<(index - 1)].reversed().drop { (0x30...0x39).contains($0) }.first
                guard let before, !isBlank(before), before < 0x80 else { return true }
            }
            return false
        }

        func failure(_ what: String) -> JobFailure { JobFailure("line \(number) of the Dockerfile \(what)") }
    }

    private let lines: [ArraySlice<UInt8>]
    private var index = 0
    /// What a line ends with that goes on.
    private(set) var escape = UInt8(ascii: "\\")
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
        guard line.first == UInt8(ascii: "#") else { return nil }
        let parts = line.dropFirst().split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, String(decoding: parts[0].trimmed, as: UTF8.self).lowercased() == "escape",
            let value = parts[1].trimmed.first
        else { return nil }
        return value == UInt8(ascii: "`") ? value : UInt8(ascii: "\\")
    }
}

extension ArraySlice<UInt8> {
    /// Without the blanks around it.
    fileprivate var trimmed: Self {
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text = text.dropLast() }
        return text
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (0x09...0x0d).contains(byte) }
