/// Replaces secrets in a stream of bytes by `******`, also where one is cut by the border of two chunks.
///
/// | of a secret | is masked |
/// |---|---|
/// | each line of three bytes or more | as it is without the blanks around it, percent-encoded, as a text of JSON, in a shell's quotes |
/// | all of it, from five bytes | in base 64 of either alphabet, wherever it begins in what is encoded (`user:SECRET`), in one line or several |
///
/// A secret of several lines, or of JSON, is a document: its lines count if they have four letters or digits and do not
/// only open a block, as `"keys": [` does. The JSON without its blanks counts as well, and each value of 16 bytes, or of 8
/// with letters and digits, such as a private key in the JSON of a service account.
///
/// What is shorter is left: masking `1` would hide nothing and make the log unreadable. So is what is made of a secret in
/// another way, such as its hash, its bytes in base 16 or a part of it.
///
/// Every byte is looked at once, however many secrets there are; see ``PatternAutomaton``.
public struct LogMask: Sendable {
    private let written: PatternAutomaton
    private let encoded: PatternAutomaton
    /// The pairs of bytes a pattern may begin with, a bit for each. Nearly all of a log has none of them.
    private let beginnings: [UInt64]
    private let isEmpty: Bool

    private var writtenState: PatternAutomaton.State = 0
    private var encodedState: PatternAutomaton.State = 0
    /// How many bytes came so far.
    private var count = 0
    private var last: UInt8 = 0
    /// The end of them, which may be the beginning of a secret.
    private var held: [UInt8] = []
    /// Where in the stream that begins.
    private var heldStart = 0
    /// The secrets found in it, in their order.
    private var secrets: [Found] = []
    /// Where lines ended since the base 64 of ``encodedState`` began.
    private var lineEnds: [Int] = []

    private struct Found {
        var start: Int
        var end: Int
        /// Whether its place in the log has been marked.
        var isShown = false
    }

    private static let replacement = [UInt8](repeating: UInt8(ascii: "*"), count: 6)
    /// The most states of an automaton, which is 24 MiB. A secret has 64 KiB: three of those have all their forms.
    private static let limit = 1 << 20
    /// As much of a secret's base 64 is no reason to hold the end of a line back.
    private static let tolerable = 8

    public init(secrets: some Sequence<String>) {
        let forms = SecretForms(secrets)
        written = PatternAutomaton(forms.written, forms.escaped, limit: Self.limit)
        encoded = PatternAutomaton([], forms.encoded, limit: Self.limit)
        isEmpty = forms.written.isEmpty && forms.encoded.isEmpty
        var beginnings = [UInt64](repeating: 0, count: 1024)
        func add(_ first: UInt8, _ second: UInt8) {
            beginnings[Int(first) << 2 | Int(second) >> 6] |= 1 << UInt64(second & 63)
        }
        for (first, second) in written.beginnings { add(first, second) }
        for (first, second) in encoded.beginnings {
            for start in 0...UInt8.max where Self.symbol(start) == first {
                for next in 0...UInt8.max where Self.symbol(next) == second || Self.isLineEnd(next) { add(start, next) }
            }
        }
        self.beginnings = beginnings
    }

    /// Masks the next chunk. What might be the beginning of a secret is held back until the next call.
    public mutating func mask(_ chunk: [UInt8]) -> [UInt8] {
        guard !isEmpty else { return chunk }
        held += chunk
        var position = 0
        while position < chunk.count {
            if writtenState == 0, encodedState == 0 { position = next(chunk, from: position) }
            step(chunk[position], at: count + position)
            position += 1
        }
        count += chunk.count
        let encodedStart = encodedStart
        lineEnds.removeAll { $0 < encodedStart }
        let isTolerable = encoded.depth(encodedState) < Self.tolerable && Self.isLineEnd(last)
        // What may have become the beginning of a secret since may have been shown by then.
        let safe = min(count - written.depth(writtenState), isTolerable ? count : encodedStart)
        return release(upTo: max(heldStart, safe))
    }

    /// What was held back, at the end of the stream.
    public mutating func finish() -> [UInt8] {
        writtenState = 0
        encodedState = 0
        return release(upTo: count)
    }

    /// The next place where a pattern may begin.
    private func next(_ chunk: [UInt8], from start: Int) -> Int {
        beginnings.withUnsafeBufferPointer { beginnings in
            chunk.withUnsafeBufferPointer { chunk in
                var position = start
                while position + 1 < chunk.count {
                    let second = chunk[position + 1]
                    if beginnings[Int(chunk[position]) << 2 | Int(second) >> 6] >> UInt64(second & 63) & 1 == 1 {
                        break
                    }
                    position += 1
                }
                return position
            }
        }
    }

    private mutating func step(_ byte: UInt8, at position: Int) {
        writtenState = written.next(writtenState, byte)
        let length = written.match(writtenState)
        if length > 0 { found(from: position + 1 - length, to: position + 1) }
        if Self.isLineEnd(byte) {
            // Base 64 goes on in the next line, but not after an empty one.
            let isFirst = !Self.isLineEnd(last) || last == UInt8(ascii: "\r") && byte == UInt8(ascii: "\n")
            if !isFirst { encodedState = 0 }
            if encodedState != 0 { lineEnds.append(position) }
        } else {
            encodedState = Self.symbol(byte).map { encoded.next(encodedState, $0) } ?? 0
            let length = encoded.match(encodedState)
            if length > 0 { found(from: start(of: length, endingAt: position + 1), to: position + 1) }
        }
        if encodedState == 0, !lineEnds.isEmpty { lineEnds = [] }
        last = byte
    }

    private var encodedStart: Int { start(of: encoded.depth(encodedState), endingAt: count) }

    /// Where so many characters of base 64 begin.
    private func start(of length: Int, endingAt end: Int) -> Int {
        var start = end - length
        for lineEnd in lineEnds.reversed() {
            if lineEnd < start { break }
            start -= 1
        }
        return start
    }

    /// Takes down a secret; those that overlap are one.
    private mutating func found(from start: Int, to end: Int) {
        var found = Found(start: start, end: end)
        while let last = secrets.last, last.end > found.start {
            found.start = min(found.start, last.start)
            found.isShown = last.isShown
            secrets.removeLast()
        }
        secrets.append(found)
    }

    /// Takes what is held before a place of the stream.
    private mutating func release(upTo end: Int) -> [UInt8] {
        let start = heldStart
        var output: [UInt8] = []
        output.reserveCapacity(end - start)
        var position = start
        var later: [Found] = []
        for secret in secrets {
            guard secret.start < end else {
                later.append(secret)
                continue
            }
            if position < secret.start { output += held[(position - start)..<(secret.start - start)] }
            if !secret.isShown { output += Self.replacement }
            position = min(secret.end, end)
            if secret.end > end { later.append(Found(start: end, end: secret.end, isShown: true)) }
        }
        output += held[(position - start)..<(end - start)]
        held.removeFirst(end - start)
        heldStart = end
        secrets = later
        return output
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    /// A character of base 64, in the alphabet with `+` and `/`; `nil` for any other byte.
    private static func symbol(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            byte
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: nil
        }
    }
}
